import { z } from "zod";
import type { Prediction } from "../serve/index.ts";
import { unixMs } from "./shapes.ts";

/** A recorded prediction as both planes show it; the text that was asked is never shown again. */
export const predictionShape = z.strictObject({
  object: z.literal("prediction"),
  id: z.string(),
  endpoint: z.string(),
  model: z.string(),
  release: z.string(),
  output: z.strictObject({
    label: z.string(),
    probability: z.number(),
    probabilities: z.record(z.string(), z.number()),
  }),
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
    output: { ...prediction.output, probabilities: { ...prediction.output.probabilities } },
    latency_ms: prediction.latencyMs,
    created_at_ms: prediction.createdAtMs,
  };
}
