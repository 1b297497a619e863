import { z } from "zod";
import type { PredictionAnswer } from "../gateway/index.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Written } from "../models/index.ts";
import type { AnsweringModel } from "../serve/index.ts";
import { name } from "./shapes.ts";

const stop = z.string().min(1).max(limits.completionStopCharsMax);

/** OpenAI's parameters. Those that would change nothing here may be sent at their neutral value. */
export const completionBody = z.strictObject({
  model: name.describe("The endpoint's name."),
  prompt: z
    .union([z.string(), z.array(z.string()).length(1)])
    .default("")
    .describe("One text to continue."),
  max_tokens: z.int().min(1).max(limits.completionTokensMax).nullish().describe("Default 16."),
  temperature: z.number().min(0).max(2).nullish().describe("Default 1; 0 always takes the likeliest token."),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish().describe("Not in OpenAI's API: only the likeliest so many tokens; 0: all."),
  stop: z.union([stop, z.array(stop).max(limits.completionStopsMax)]).nullish(),
  seed: z.int().nullish().describe("The same seed, prompt and parameters give the same text from the same model."),
  logprobs: z.int().min(0).max(limits.completionLogprobsMax).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1).nullish(),
  best_of: z.literal(1).nullish(),
  echo: z.literal(false).nullish(),
  suffix: z.literal("").nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  user: z.string().max(limits.endUserCharsMax).nullish().describe("Which of your users it is for."),
});

const logprobsShape = z.strictObject({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
  text_offset: z.array(z.number().int()),
});

export const completionShape = z.strictObject({
  id: z.string(),
  object: z.literal("text_completion"),
  created: z.number().int(),
  model: z.string(),
  system_fingerprint: z.string().describe("The version that answered."),
  choices: z.array(
    z.strictObject({
      text: z.string(),
      index: z.number().int(),
      logprobs: logprobsShape.nullable(),
      finish_reason: z.enum(["stop", "length"]).nullable(),
    }),
  ),
  usage: z
    .strictObject({
      prompt_tokens: z.number().int(),
      completion_tokens: z.number().int(),
      total_tokens: z.number().int(),
    })
    .nullable(),
});

export type Completion = z.input<typeof completionShape>;

/** What all pieces of one completion say. */
export interface CompletionHead {
  readonly id: Id<"prediction">;
  readonly endpoint: string;
  readonly model: AnsweringModel;
  readonly createdAtMs: number;
}

export interface Piece {
  readonly text: string;
  readonly logprobs: z.input<typeof logprobsShape> | null;
  readonly finish: "stop" | "length" | null;
}

export function completionOf(head: CompletionHead, piece: Piece | null, usage: Completion["usage"]): Completion {
  return {
    id: head.id,
    object: "text_completion",
    created: Math.floor(head.createdAtMs / 1_000),
    model: head.endpoint,
    system_fingerprint: head.model,
    choices: piece ? [{ text: piece.text, index: 0, logprobs: piece.logprobs, finish_reason: piece.finish }] : [],
    usage,
  };
}

/** `from` is where the first token's text begins in the whole. */
export function logprobsOf(written: readonly Written[], from: number): z.input<typeof logprobsShape> {
  let offset = from;
  return {
    tokens: written.map(({ token }) => token),
    token_logprobs: written.map(({ logProbability }) => logProbability),
    top_logprobs: written.map(({ alternatives }) =>
      Object.fromEntries(alternatives.map(({ token, logProbability }) => [token, logProbability])),
    ),
    text_offset: written.map(({ token }) => {
      const at = offset;
      offset += token.length;
      return at;
    }),
  };
}

/** How an answered completion ended, and what it counted. */
export function endingOf({ output }: PredictionAnswer): {
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly usage: Completion["usage"];
} {
  if (!("text" in output)) throw new Error("Invariant broken: a completion is a text");
  const { text, finishReason, promptTokens, writtenTokens } = output;
  return {
    text,
    finish: finishReason === "stop" ? "stop" : "length",
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: writtenTokens,
      total_tokens: promptTokens + writtenTokens,
    },
  };
}
