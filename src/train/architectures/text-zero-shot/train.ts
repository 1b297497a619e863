import { Refusal, must } from "../../../kernel/errors.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { encoderOf } from "../encoders/encoder-model.ts";
import { similarityComputation } from "../encoders/similarity.ts";
import { vectorsOf } from "../encoders/vectors.ts";
import { prepare } from "../fit-classifier.ts";
import type { TextZeroShotRecipe } from "./recipe.ts";

/** A pretrained encoder and a description of each label: the nearest one answers. No training example is read. */
export const textZeroShot: Architecture<TextZeroShotRecipe> = { train };

/** Cosines of different texts lie close together; the temperature does the rest. */
const sharpness = 20;

async function train(input: TrainingInput<TextZeroShotRecipe>): Promise<Trained> {
  const { recipe, labels, threads } = input;
  const encoder = encoderOf(input);
  const texts = describe(input);
  const described = texts.map(encoder.read);
  const vectors = await vectorsOf(encoder, described, threads);
  const known = described.map((text, label) => ({ vector: must(vectors.get(text), "a vector for each text"), label }));
  const validation = prepare(input.validation, labels, encoder.read);
  const { name, source, license } = encoder.facts;
  return {
    ...(await similarityComputation(input, encoder, known, sharpness, validation)),
    settings: { encoder: recipe.encoder, described: Object.keys(recipe.descriptions).length, sharpness },
    description: `Cosines in the pretrained encoder ${name} (${source}, ${license}) with a description of each label.`,
    limits: [
      "It never saw an example: it answers with the label whose description sounds most like the text.",
      "Validation examples only set how sure it is.",
    ],
  };
}

/** In the order of the labels; a fire drill gives every label the description of the next. */
function describe({ recipe, labels }: TrainingInput<TextZeroShotRecipe>): string[] {
  const unknown = Object.keys(recipe.descriptions).find((label) => !labels.includes(label));
  if (unknown !== undefined) {
    throw new Refusal("invalid_data", `The recipe describes "${unknown}", which is no label of this dataset.`, {
      param: "recipe.descriptions",
    });
  }
  const texts = labels.map((label) => recipe.descriptions[label] ?? label.replaceAll(/[_-]+/gu, " "));
  return recipe.fire_drill === null ? texts : [...texts.slice(1), ...texts.slice(0, 1)];
}
