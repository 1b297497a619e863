import { z } from "zod";
import { limits } from "../../../kernel/limits.ts";
import { auto } from "../fields.ts";

/** How texts become sequences of token ids; of every recipe whose model reads them in order. */
export const tokens = z.strictObject({
  /** `auto`: words, or Chinese words by jieba where most letters are Chinese. */
  unit: z.enum(["words", "characters", "chinese-words"]).or(auto).default("auto"),
  /** The most frequent tokens of the training split are known; padding and the unknown token count. */
  vocabulary: z.int().min(3).max(200_000).default(10_000),
  /** Tokens of a text that are read. */
  length: z.int().min(1).max(4_096).default(500),
  /** What a longer text keeps: its first tokens, its last, or half of them from each end. */
  keep: z.enum(["head", "tail", "ends"]).default("head"),
  characters_max: z.int().min(100).max(limits.exampleCharsMax).default(20_000),
});

export type TokenFields = z.output<typeof tokens>;

export const training = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(1_024).or(auto).default("auto"),
  /** Highest learning rate of AdamW; it falls to zero as half a cosine. */
  rate: z.number().positive().max(1).or(auto).default("auto"),
  /** Decoupled weight decay. */
  decay: z.number().min(0).max(1).default(0.01),
  /** Label smoothing: the share of a label's weight that is spread over all. */
  smoothing: z.number().min(0).max(0.5).default(0.05),
  /** Gradients of a greater norm are scaled down to it. */
  clip: z.number().positive().max(1_000).default(1),
  /** Epochs without a higher validation accuracy after which the run stops. */
  patience: z.int().min(1).max(1_000).or(auto).default("auto"),
});

export type TrainingFields = z.output<typeof training>;
