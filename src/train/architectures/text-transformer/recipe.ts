import { z } from "zod";
import { calibrate, fireDrill, headsShareWidth, recipeName, refuse } from "../fields.ts";
import { tokens, training } from "../sequences/fields.ts";

export const textTransformerRecipe = z
  .strictObject({
    name: recipeName,
    task: z.literal("text-classification"),
    architecture: z.literal("text-transformer"),
    /** Attention costs time and memory with the square of the length. */
    tokens: tokens.extend({ length: z.int().min(1).max(4_096).default(200) }).prefault({}),
    /** Numbers of a token's vector; the heads share it. */
    width: z.int().min(4).max(2_048).default(64),
    heads: z.int().min(1).max(64).default(4),
    /** Width of the hidden layer between attentions. */
    hidden: z.int().min(1).max(8_192).default(256),
    layers: z.int().min(1).max(24).default(2),
    dropout: z.number().min(0).max(0.9).default(0.1),
    /** Of whole tokens. */
    token_dropout: z.number().min(0).max(0.9).default(0.2),
    positions: z.enum(["sinusoidal", "learned"]).default("sinusoidal"),
    training: training.prefault({}),
    calibrate,
    refuse,
    fire_drill: fireDrill,
  })
  .refine(({ width, heads }) => width % heads === 0, headsShareWidth);

export type TextTransformerRecipe = z.output<typeof textTransformerRecipe>;
