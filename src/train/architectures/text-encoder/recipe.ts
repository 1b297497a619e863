import { z } from "zod";
import { auto, calibrate, fireDrill, recipeName, refuse } from "../fields.ts";
import { encoderName } from "../encoders/fields.ts";

const training = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(1_024).default(32),
  /** Highest learning rate of AdamW for what is trained of the encoder; it falls to zero as half a cosine. */
  rate: z.number().positive().max(1).or(auto).default("auto"),
  /** Decoupled weight decay. */
  decay: z.number().min(0).max(1).default(0.01),
  /** Label smoothing: the share of a label's weight that is spread over all. */
  smoothing: z.number().min(0).max(0.5).default(0),
  /** Gradients of a greater norm are scaled down to it. */
  clip: z.number().positive().max(1_000).default(1),
  /** Epochs without a higher validation accuracy after which the run stops. */
  patience: z.int().min(1).max(1_000).or(auto).default("auto"),
});

const head = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(1_024).default(32),
  rate: z.number().positive().max(1).default(0.005),
  dropout: z.number().min(0).max(0.9).default(0.2),
  /** Label smoothing; with n-grams it costs (ten examples of 77 intents: 0.79 without, 0.75 with 0.1). */
  smoothing: z.number().min(0).max(0.5).default(0),
});

/** What the words themselves say, beside what the encoder makes of them. */
const ngrams = z.strictObject({
  /** Rows of their table: 2 to the power of this. */
  bucket_bits: z.int().min(8).max(22).default(16),
  /** Word n-grams of 1 up to this many words. */
  words: z.int().min(1).max(4).default(2),
  /** Character n-grams within a word, from and to. */
  characters: z
    .tuple([z.int().min(1).max(8), z.int().min(1).max(8)])
    .nullable()
    .default([2, 5]),
  /** How much they count beside the vector, and so how fast they learn; auto is more beside an encoder that is trained. */
  scale: z.number().positive().max(1_000).or(auto).default("auto"),
});

export const textEncoderRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("text-encoder"),
  encoder: encoderName,
  /**
   * What is trained of the encoder: nothing, so that its vectors are computed once; its last layers; all of it; or
   * low-rank adapters beside its weights, which an export folds in.
   */
  train: z.enum(["nothing", "last", "all", "adapters"]).default("nothing"),
  /** Of "last": how many layers. */
  layers: z.int().min(1).max(100).default(1),
  /** Of "adapters". */
  adapters: z
    .strictObject({ rank: z.int().min(1).max(512).default(8), alpha: z.number().positive().max(1_024).default(16) })
    .prefault({}),
  /** The softmax over the vectors; always trained first, on the encoder as it is. */
  head: head.prefault({}),
  /** Null for none: then the vectors alone decide. */
  ngrams: ngrams.nullable().prefault({}),
  /** Of what is trained of the encoder. */
  training: training.prefault({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type TextEncoderRecipe = z.output<typeof textEncoderRecipe>;
