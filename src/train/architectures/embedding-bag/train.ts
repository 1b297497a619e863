import type { Architecture, Trained, TrainingInput } from "../architecture.ts";
import { fitClassifier } from "../fit-classifier.ts";
import { readBags } from "./bags.ts";
import { textClassifier } from "./classifier.ts";
import type { EmbeddingBagRecipe } from "./recipe.ts";
import { settle } from "./settle.ts";

/** Hashed n-grams, an embedding bag, softmax. */
export const embeddingBag: Architecture<EmbeddingBagRecipe> = {
  train,
  space: [
    { path: "training.rate", draw: "log", from: 0.002, to: 0.05 },
    { path: "training.smoothing", draw: "one of", values: [0, 0.05, 0.1] },
    { path: "training.epochs", draw: "one of", values: [4, 8, 12, 20] },
    { path: "training.batch", draw: "one of", values: [16, 32, 64] },
    { path: "features.words", draw: "whole", from: 1, to: 3 },
    { path: "features.characters", draw: "one of", values: [null, [2, 4], [3, 4], [3, 5]] },
    { path: "features.relevance", draw: "one of", values: [true, false] },
    { path: "width", draw: "one of", values: [8, 16, 32, 64] },
    { path: "dropout", draw: "one of", values: [0, 0.2, 0.4] },
  ],
};

async function train(input: TrainingInput<EmbeddingBagRecipe>): Promise<Trained> {
  const { recipe, labels } = input;
  const { inputs } = input.train;
  const settings = settle(recipe, {
    examples: inputs.length,
    classes: labels.length,
    meanChars: inputs.reduce((sum, text) => sum + text.length, 0) / inputs.length,
  });
  const { preprocessing: reading, ...rest } = settings;
  const { preprocessing, train, validation } = readBags(input, reading, settings.relevance);
  const fitted = await fitClassifier(input, {
    preprocessing,
    train,
    validation,
    model: (temperature) => textClassifier(settings, labels.length, temperature),
    feed: (features) => ({ bags: { features } }),
    settings,
  });
  const { relevance: _, ...parametersOfReading } = reading;
  return {
    ...fitted,
    settings: { ...rest, preprocessing: parametersOfReading },
    description:
      "Hashed n-grams of words and characters, weighed by how telling they are, summed in an embedding bag, then softmax.",
    limits: [
      "It knows words and short runs of them, not meaning, order over a distance, irony or facts.",
      `It reads the first ${reading.charsMax.toLocaleString("en")} characters of a text.`,
    ],
  };
}
