import { z } from "zod";
import { limits } from "../../../kernel/limits.ts";
import { auto, calibrate, fireDrill, recipeName, refuse } from "../fields.ts";

const gramRange = z
  .tuple([z.int().min(1).max(8), z.int().min(1).max(8)])
  .refine(([from, to]) => from <= to, "the first length is not above the second");

export const bagFeatures = z.strictObject({
  /** Rows of the embedding table: 2 to the power of this. */
  bucket_bits: z.int().min(8).max(22).default(18),
  /** Word n-grams of 1 up to this many words. */
  words: z.int().min(1).max(4).default(2),
  /** Character n-grams within a word, from and to; null for none. */
  characters: gramRange.nullable().or(auto).default("auto"),
  /** Character n-grams of Chinese and other text without spaces. */
  cjk: gramRange.default([1, 3]),
  characters_max: z.int().min(100).max(limits.exampleCharsMax).default(20_000),
  /** Whether n-grams weigh by how unevenly the classes use them (naive Bayes log-count ratio). */
  relevance: z.boolean().default(true),
});

const training = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(1_024).or(auto).default("auto"),
  /** Highest learning rate of lazy Adam; it falls to zero as half a cosine. */
  rate: z.number().positive().max(1).default(0.01),
  /** Decoupled weight decay. */
  decay: z.number().min(0).max(1).default(0),
  /** Label smoothing: the share of a label's weight that is spread over all. */
  smoothing: z.number().min(0).max(0.5).default(0.05),
  /** Epochs without a higher validation accuracy after which the run stops. */
  patience: z.int().min(1).max(1_000).or(auto).default("auto"),
});

export const embeddingBagRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("embedding-bag"),
  features: bagFeatures.prefault({}),
  /** Numbers in one row of the embedding table. */
  width: z.int().min(4).max(512).multipleOf(4).or(auto).default("auto"),
  /** Units of one hidden layer; 0 for none. */
  hidden: z.int().min(0).max(4_096).default(0),
  dropout: z.number().min(0).max(0.9).default(0),
  training: training.prefault({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type BagFeatures = z.output<typeof bagFeatures>;
export type EmbeddingBagRecipe = z.output<typeof embeddingBagRecipe>;
