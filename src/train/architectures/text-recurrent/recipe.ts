import { z } from "zod";
import { calibrate, fireDrill, recipeName, refuse } from "../fields.ts";
import { tokens, training } from "../sequences/fields.ts";

export const textRecurrentRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("text-recurrent"),
  tokens: tokens.prefault({}),
  /** Numbers of a token's embedding. */
  width: z.int().min(1).max(1_024).default(16),
  cell: z.enum(["lstm", "gru"]).default("lstm"),
  /** Units of a layer's state, in each direction. */
  units: z.int().min(1).max(1_024).default(64),
  layers: z.int().min(1).max(8).default(2),
  direction: z.enum(["forward", "backward", "both"]).default("forward"),
  /** What the answer is made from: the state after the last token, or the mean of all states. */
  pool: z.enum(["last", "mean"]).default("mean"),
  /** After each recurrent layer. */
  dropout: z.number().min(0).max(0.9).default(0.2),
  /** Of whole tokens. */
  token_dropout: z.number().min(0).max(0.9).default(0.2),
  training: training.prefault({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type TextRecurrentRecipe = z.output<typeof textRecurrentRecipe>;
