import { z } from "zod";
import { calibrate, fireDrill, recipeName, refuse } from "../fields.ts";
import { bagFeatures } from "../embedding-bag/recipe.ts";
import { training as sequenceTraining, tokens } from "../sequences/fields.ts";

const training = sequenceTraining.omit({ clip: true }).extend({ rate: z.number().positive().max(1).default(0.003) });

export const textDenseRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("text-dense"),
  /** `bag`: how often which n-grams occur. `embeddings`: the mean of the tokens' embeddings. */
  input: z.enum(["bag", "embeddings"]).default("bag"),
  /** Of a bag. */
  features: bagFeatures.extend({ bucket_bits: z.int().min(8).max(20).default(16) }).prefault({}),
  /** Of embeddings. */
  tokens: tokens.prefault({}),
  /** Numbers of a token's embedding. */
  width: z.int().min(1).max(1_024).default(16),
  /** Units of the hidden layers. */
  hidden: z.array(z.int().min(4).max(4_096).multipleOf(4)).min(1).max(8).default([100, 500]),
  dropout: z.number().min(0).max(0.9).default(0.2),
  training: training.prefault({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type TextDenseRecipe = z.output<typeof textDenseRecipe>;
