import { z } from "zod";
import type { Architecture, Trained, TrainingInput } from "./architecture.ts";
import { embeddingBag } from "./embedding-bag/train.ts";
import { embeddingBagRecipe } from "./embedding-bag/recipe.ts";

/** A recipe as JSON, by architecture. Unknown fields are refused; whatever is left out has a default. */
export const recipeSchema = z.discriminatedUnion("architecture", [embeddingBagRecipe]);

export type Recipe = z.output<typeof recipeSchema>;
export type ArchitectureName = Recipe["architecture"];
export type RecipeOf<A extends ArchitectureName> = Extract<Recipe, { readonly architecture: A }>;

const architectures: { readonly [A in ArchitectureName]: Architecture<RecipeOf<A>> } = {
  "embedding-bag": embeddingBag,
};

const architectureOf = <A extends ArchitectureName>(name: A): Architecture<RecipeOf<A>> => architectures[name];

export function trainRecipe(input: TrainingInput<Recipe>): Promise<Trained> {
  return architectureOf(input.recipe.architecture).train(input);
}
