import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Prediction, Shadow } from "../serve/index.ts";
import type { Gateway } from "./gateway.ts";
import { computeCost } from "./money-of-compute.ts";
import { recordShadow } from "./settle-unit.ts";

/** After the answer: the shadows compute the same text, are recorded and marked. Dropped when paid requests wait. */
export function startShadows(gateway: Gateway, answered: Prediction, text: string, shadows: readonly Shadow[]): void {
  const { serving, metrics } = gateway.deps;
  const { endpoint } = answered;
  for (const shadow of shadows) {
    if (gateway.shadows.size >= limits.shadowsWaitingMax || serving.stats().waiting > limits.inferenceBatchMax) {
      metrics.shadow({ endpoint, outcome: "dropped" });
      continue;
    }
    const running = compute(gateway, answered, text, shadow)
      .then(() => metrics.shadow({ endpoint, outcome: "recorded" }))
      .catch((error: unknown) => {
        metrics.shadow({ endpoint, outcome: "failed" });
        gateway.deps.log.warn({ release: shadow.id, reason: String(error) }, "a shadow did not answer");
      })
      .finally(() => gateway.shadows.delete(running));
    gateway.shadows.add(running);
  }
}

async function compute(gateway: Gateway, answered: Prediction, text: string, shadow: Shadow): Promise<void> {
  const { serving, store, clock, computePriceNanosPerHour } = gateway.deps;
  const startMs = clock.elapsed();
  const { output, computeMs } = await serving.infer(shadow.model, text);
  const nowMs = clock.now();
  await store.run(recordShadow, {
    ...answered,
    id: newId("prediction", nowMs),
    release: shadow.id,
    model: shadow.model,
    idempotencyKey: null,
    inputText: null, // kept once, with the answered prediction
    output,
    shadowOf: answered.id,
    latencyMs: clock.elapsed() - startMs,
    costNanos: computeCost(computeMs, computePriceNanosPerHour),
    createdAtMs: nowMs,
  });
}
