import { z } from "zod";
import type { Architecture, Trained, TrainingInput } from "./architecture.ts";
import { embeddingBag } from "./embedding-bag/train.ts";
import { embeddingBagRecipe } from "./embedding-bag/recipe.ts";
import { decoderLanguageModelRecipe, recurrentLanguageModelRecipe } from "./language-model/recipe.ts";
import { decoderLanguageModel, recurrentLanguageModel } from "./language-model/train.ts";
import { textDenseRecipe } from "./text-dense/recipe.ts";
import { textDense } from "./text-dense/train.ts";
import { textEncoderRecipe } from "./text-encoder/recipe.ts";
import { textEncoder } from "./text-encoder/train.ts";
import { textNearestRecipe } from "./text-nearest/recipe.ts";
import { textNearest } from "./text-nearest/train.ts";
import { textRecurrentRecipe } from "./text-recurrent/recipe.ts";
import { textRecurrent } from "./text-recurrent/train.ts";
import { textTransformerRecipe } from "./text-transformer/recipe.ts";
import { textTransformer } from "./text-transformer/train.ts";
import { textZeroShotRecipe } from "./text-zero-shot/recipe.ts";
import { textZeroShot } from "./text-zero-shot/train.ts";
import { imageCnnRecipe } from "./image-cnn/recipe.ts";
import { imageCnn } from "./image-cnn/train.ts";
import { wordVectorsRecipe } from "./word-vectors/recipe.ts";
import { wordVectors } from "./word-vectors/train.ts";
import { tableMlpRecipe } from "./table-mlp/recipe.ts";
import { tableMlp } from "./table-mlp/train.ts";
import { type Dimension, derivedSpace } from "./space.ts";

export type { Dimension } from "./space.ts";

/** A recipe as JSON, by architecture. Unknown fields are refused; whatever is left out has a default. */
export const recipeSchema = z.discriminatedUnion("architecture", [
  embeddingBagRecipe,
  textDenseRecipe,
  textRecurrentRecipe,
  textTransformerRecipe,
  textEncoderRecipe,
  textNearestRecipe,
  textZeroShotRecipe,
  recurrentLanguageModelRecipe,
  decoderLanguageModelRecipe,
  wordVectorsRecipe,
  tableMlpRecipe,
  imageCnnRecipe,
]);

export type Recipe = z.output<typeof recipeSchema>;
export type ArchitectureName = Recipe["architecture"];
export type RecipeOf<A extends ArchitectureName> = Extract<Recipe, { readonly architecture: A }>;

const architectures: { readonly [A in ArchitectureName]: Architecture<RecipeOf<A>> } = {
  "embedding-bag": embeddingBag,
  "text-dense": textDense,
  "text-recurrent": textRecurrent,
  "text-transformer": textTransformer,
  "text-encoder": textEncoder,
  "text-nearest": textNearest,
  "text-zero-shot": textZeroShot,
  "recurrent-language-model": recurrentLanguageModel,
  "decoder-language-model": decoderLanguageModel,
  "word-vectors": wordVectors,
  "table-mlp": tableMlp,
  "image-cnn": imageCnn,
};

const architectureOf = <A extends ArchitectureName>(name: A): Architecture<RecipeOf<A>> => architectures[name];

export function trainRecipe(input: TrainingInput<Recipe>): Promise<Trained> {
  return architectureOf(input.recipe.architecture).train(input);
}

/** What a search may change in this recipe. */
export function searchSpace(recipe: Recipe): readonly Dimension[] {
  return architectureOf(recipe.architecture).space ?? derivedSpace(recipe);
}
