import { z } from "zod";
import type { Prediction, PredictionOutput } from "../serve/index.ts";
import { unixMs } from "./shapes.ts";

/** What a model says: one of a classifier's labels, a number, words nearest to one, what it wrote, or how many vectors. */
export const outputShape = z.union([
  z.strictObject({
    label: z.string(),
    probability: z.number().min(0).max(1),
    probabilities: z.record(z.string(), z.number().min(0).max(1)).readonly(),
    refused: z
      .boolean()
      .optional()
      .describe("Only of a model that may refuse: none of these; the label is then only its best guess."),
  }),
  z.strictObject({ value: z.number() }),
  z.strictObject({
    neighbours: z.array(z.strictObject({ word: z.string(), similarity: z.number() })).readonly(),
  }),
  z.strictObject({
    text: z.string(),
    finish_reason: z.enum(["stop", "length", "cancelled"]),
    prompt_tokens: z.number().int(),
    completion_tokens: z.number().int(),
  }),
  z.strictObject({
    vectors: z.number().int().describe("How many; they are told in the answer alone."),
    width: z.number().int().describe("Numbers in each."),
    prompt_tokens: z.number().int(),
  }),
  z.strictObject({
    door: z.enum(["chat", "responses", "completions", "embeddings"]),
    finish_reason: z.string().describe("The upstream's word; or cancelled: you left, broken: the upstream did."),
    prompt_tokens: z.number().int(),
    cached_tokens: z.number().int().describe("Of the prompt's."),
    completion_tokens: z.number().int(),
    estimated: z.boolean().describe("Whether some were counted here, because the upstream did not say."),
  }),
]);

/** An output as both planes show it. */
export function outputOf(output: PredictionOutput): z.input<typeof outputShape> {
  if ("relayed" in output) {
    const { relayed, finishReason, promptTokens, cachedTokens, writtenTokens, estimated } = output;
    return {
      door: relayed,
      finish_reason: finishReason,
      prompt_tokens: promptTokens,
      cached_tokens: cachedTokens,
      completion_tokens: writtenTokens,
      estimated,
    };
  }
  if ("vectors" in output) {
    return { vectors: output.vectors, width: output.width, prompt_tokens: output.promptTokens };
  }
  if (!("text" in output)) return output;
  const { text, finishReason, promptTokens, writtenTokens } = output;
  return { text, finish_reason: finishReason, prompt_tokens: promptTokens, completion_tokens: writtenTokens };
}

/** A recorded prediction as both planes show it; the text that was asked is never shown again. */
export const predictionShape = z.strictObject({
  object: z.literal("prediction"),
  id: z.string(),
  endpoint: z.string(),
  model: z.string(),
  release: z.string(),
  output: outputShape,
  latency_ms: z.number(),
  created_at_ms: unixMs,
});

export function predictionOf(prediction: Prediction): z.input<typeof predictionShape> {
  return {
    object: "prediction",
    id: prediction.id,
    endpoint: prediction.endpoint,
    model: prediction.model,
    release: prediction.release,
    output: outputOf(prediction.output),
    latency_ms: prediction.latencyMs,
    created_at_ms: prediction.createdAtMs,
  };
}
