import { z } from "zod";
import { auto, fireDrill, headsShareWidth, recipeName } from "../fields.ts";

interface TokenizerDefaults {
  readonly kind: "words" | "characters" | "byte-pairs";
  readonly size: number;
}

const tokenizer = (defaults: TokenizerDefaults) =>
  z
    .strictObject({
      /** `words`: the most frequent ones, the rest is unknown; `characters`; `byte-pairs`: learned from the text, nothing is unknown. */
      kind: z.enum(["words", "characters", "byte-pairs"]).default(defaults.kind),
      /** Tokens at most. */
      size: z.int().min(300).max(60_000).default(defaults.size),
    })
    .prefault({});

interface TrainingDefaults {
  readonly epochs: number;
  readonly batch: number;
  readonly window: number;
  readonly rate: number;
  readonly decay: number;
}

const training = (defaults: TrainingDefaults) =>
  z
    .strictObject({
      epochs: z.int().min(1).max(1_000).default(defaults.epochs),
      /** Windows of text in a step. */
      batch: z.int().min(1).max(1_024).default(defaults.batch),
      /** Tokens in a window: how far gradients flow back. */
      window: z.int().min(2).max(1_024).default(defaults.window),
      /** Highest learning rate of Adam; it falls to zero as half a cosine. */
      rate: z.number().positive().max(1).default(defaults.rate),
      /** Decoupled weight decay. */
      decay: z.number().min(0).max(1).default(defaults.decay),
      /** Gradients longer than this together are shortened to it. */
      clip: z.number().positive().max(1_000).default(1),
      /** Epochs without a lower validation loss after which the run stops. */
      patience: z.int().min(1).max(1_000).default(2),
    })
    .prefault({});

export const recurrentLanguageModelRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("language-model"),
  architecture: z.literal("recurrent-language-model"),
  tokenizer: tokenizer({ kind: "words", size: 10_000 }),
  /** Numbers in an embedding. */
  width: z.int().min(4).max(1_024).default(16),
  units: z.int().min(4).max(2_048).default(64),
  layers: z.int().min(1).max(8).default(2),
  /** Whether a token is scored by its embedding (Press and Wolf 2017) in place of a layer of its own. */
  tied: z.boolean().default(false),
  /** Of what enters and leaves each recurrent layer. */
  dropout: z.number().min(0).max(0.9).default(0.3),
  training: training({ epochs: 6, batch: 8, window: 32, rate: 0.003, decay: 0 }),
  fire_drill: fireDrill,
});

export const decoderLanguageModelRecipe = z
  .strictObject({
    name: recipeName,
    task: z.literal("language-model"),
    architecture: z.literal("decoder-language-model"),
    tokenizer: tokenizer({ kind: "byte-pairs", size: 6_000 }),
    width: z.int().min(8).max(2_048).default(128),
    heads: z.int().min(1).max(64).default(4),
    layers: z.int().min(1).max(48).default(3),
    /** Width of the layer between attentions. */
    hidden: z.int().min(8).max(8_192).or(auto).default("auto"),
    dropout: z.number().min(0).max(0.9).default(0.2),
    training: training({ epochs: 14, batch: 4, window: 128, rate: 0.003, decay: 0.1 }),
    fire_drill: fireDrill,
  })
  .refine(({ width, heads }) => width % heads === 0, headsShareWidth);

export type RecurrentLanguageModelRecipe = z.output<typeof recurrentLanguageModelRecipe>;
export type DecoderLanguageModelRecipe = z.output<typeof decoderLanguageModelRecipe>;
export type LanguageModelRecipe = RecurrentLanguageModelRecipe | DecoderLanguageModelRecipe;
