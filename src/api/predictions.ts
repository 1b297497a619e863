import { z } from "zod";
import type { Prediction } from "../serve/index.ts";
import { unixMs } from "./shapes.ts";

/** What a model says: one of a classifier's labels, or a number. */
export const outputShape = z.union([
  z.strictObject({
    label: z.string(),
    probability: z.number().min(0).max(1),
    probabilities: z.record(z.string(), z.number().min(0).max(1)).readonly(),
  }),
  z.strictObject({ value: z.number() }),
]);

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
    output: prediction.output,
    latency_ms: prediction.latencyMs,
    created_at_ms: prediction.createdAtMs,
  };
}
