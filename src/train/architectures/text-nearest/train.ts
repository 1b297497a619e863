import { must } from "../../../kernel/errors.ts";
import { seededRandom, shuffle } from "../../../kernel/random.ts";
import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { encoderOf } from "../encoders/encoder-model.ts";
import { chooseSharpness, similarityComputation } from "../encoders/similarity.ts";
import { vectorsOf } from "../encoders/vectors.ts";
import { prepare } from "../fit-classifier.ts";
import type { TextNearestRecipe } from "./recipe.ts";

/** A pretrained encoder and a few examples of each class: the nearest ones answer. */
export const textNearest: Architecture<TextNearestRecipe> = { train };

async function train(input: TrainingInput<TextNearestRecipe>): Promise<Trained> {
  const { recipe, labels, seed, threads } = input;
  const encoder = encoderOf(input);
  const train = prepare(input.train, labels, encoder.read);
  const validation = prepare(input.validation, labels, encoder.read);
  const chosen = drawExamples(train.labels, recipe.examples, seed);
  const text = (i: number) => must(train.features[i], "an index is of a text");
  const vectors = await vectorsOf(encoder, [...chosen.map(text), ...validation.features], threads);
  const known = chosen.map((i) => ({
    vector: must(vectors.get(text(i)), "a vector for each text"),
    label: train.labels[i] as number,
  }));
  const sharpness = chooseSharpness(known, validation, vectors);
  const { name, source, license } = encoder.facts;
  return {
    ...(await similarityComputation(input, encoder, known, sharpness, validation)),
    settings: { encoder: recipe.encoder, examples: recipe.examples, sharpness },
    description: `Cosines in the pretrained encoder ${name} (${source}, ${license}) with ${recipe.examples} examples of each class, the nearer the weightier.`,
    limits: [
      "Nothing was trained: it tells apart what the encoder finds different, and its examples are all it knows of a class.",
      "Its examples were chosen by chance; others give other answers.",
    ],
  };
}

/** Indices of so many examples of each class, or of all it has. */
function drawExamples(labels: Int32Array, count: number, seed: number): number[] {
  const order = shuffle([...labels.keys()], seededRandom(`${seed}/examples`));
  const taken = new Map<number, number>();
  return order.filter((i) => {
    const label = labels[i] as number;
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    return before < count;
  });
}
