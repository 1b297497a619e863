import { z } from "zod";
import { auto, fireDrill, recipeName } from "../fields.ts";

export const wordVectorsRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("word-vectors"),
  architecture: z.literal("word-vectors"),
  /** `skip-gram` and `cbow` with negative sampling (Mikolov et al. 2013), or `glove` (Pennington et al. 2014). */
  method: z.enum(["skip-gram", "cbow", "glove"]).default("skip-gram"),
  /** Numbers in a vector. */
  width: z.int().min(4).max(1_000).multipleOf(4).default(100),
  /** Words on each side that a word is learned from. */
  window: z.int().min(1).max(50).default(5),
  /** Rarer words get no vector. */
  count_min: z.int().min(1).max(10_000).default(5),
  words_max: z.int().min(10).max(500_000).default(50_000),
  /** Of the methods with negative sampling: words drawn for each guess. */
  negatives: z.int().min(1).max(50).default(5),
  /** Of the methods with negative sampling: words that are a larger share of the text are often skipped; 0: none is. */
  subsample: z.number().min(0).max(1).default(0.001),
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  rate: z.number().positive().max(1).or(auto).default("auto"),
  fire_drill: fireDrill,
});

export type WordVectorsRecipe = z.output<typeof wordVectorsRecipe>;
