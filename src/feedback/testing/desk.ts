import { sha256 } from "../../kernel/hash.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import type { Model } from "../../models/index.ts";
import { type DataUse, createCustomer } from "../../sell/index.ts";
import { type Prediction, recordPrediction } from "../../serve/index.ts";
import { registerSmallModel } from "../../serve/testing/small-model.ts";
import type { Store } from "../../store/index.ts";
import { testEpochMs } from "../../store/testing/engines.ts";

export const endpoint = "spam-filter";

/** A store with a real model, and predictions as the gateway would have recorded them. */
export interface Desk {
  readonly store: Store;
  readonly model: Model;
  readonly release: Id<"release">;
  /** A later instant at each call. */
  now(): number;
  customer(dataUse?: DataUse): Promise<Id<"customer">>;
  /** Answered as `label`; its text is kept when `kept`. */
  predict(
    customer: Id<"customer">,
    text: string,
    answer?: { label?: string; probability?: number; kept?: boolean; endpoint?: string; release?: Id<"release"> },
  ): Promise<Prediction>;
}

export async function openDesk(store: Store): Promise<Desk> {
  let atMs = testEpochMs;
  const now = (): number => ++atMs;
  const model = await registerSmallModel(store, { nowMs: now() });
  const release = newId("release", now());
  return {
    store,
    model,
    release,
    now,
    async customer(dataUse = "improve") {
      const terms = { kind: "prepaid" } as const;
      return (await createCustomer(store, { name: "C", currency: "usd", terms, dataUse, nowMs: now() })).id;
    },
    async predict(customer, text, answer = {}) {
      const nowMs = now();
      const { label = "ham", probability = 0.9, kept = true } = answer;
      const prediction: Prediction = {
        id: newId("prediction", nowMs),
        endpoint: answer.endpoint ?? endpoint,
        release: answer.release ?? release,
        model: model.id,
        customer,
        key: newId("key", nowMs),
        request: "req_1",
        idempotencyKey: null,
        bodyHash: "",
        inputHash: sha256(text),
        inputText: kept ? text : null,
        output: { label, probability, probabilities: { [label]: probability } },
        shadowOf: null,
        latencyMs: 1,
        costNanos: 0n,
        createdAtMs: nowMs,
      };
      await store.perform(recordPrediction(prediction));
      return prediction;
    },
  };
}
