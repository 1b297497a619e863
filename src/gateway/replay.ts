import { Refusal } from "../kernel/errors.ts";
import { getUsageEvent } from "../sell/index.ts";
import { type Prediction, findPredictionByRequest } from "../serve/index.ts";
import type { Answered, PredictionAnswer, Work } from "./paid-request.ts";

/**
 * The answer that this customer got for this Idempotency-Key, or nothing. With another body: Refusal
 * `idempotency_mismatch`. A key is remembered as long as its prediction.
 */
export async function findAnswer(
  { gateway, grant, bodyHash }: Work,
  idempotencyKey: string,
): Promise<Answered | undefined> {
  const db = gateway.deps.store;
  const prediction = await findPredictionByRequest(db, { customer: grant.customer, idempotencyKey });
  if (!prediction) return undefined;
  if (prediction.bodyHash !== bodyHash) throw mismatch();
  const { quantities, amountNanos } = await getUsageEvent(db, { customer: grant.customer, prediction: prediction.id });
  return { answer: answerOf(prediction, { quantities, amountNanos, currency: grant.currency }), replayed: true };
}

export function answerOf(prediction: Prediction, usage: PredictionAnswer["usage"]): PredictionAnswer {
  const { id, endpoint, model, release, output, createdAtMs } = prediction;
  return { id, endpoint, model, release, output, usage, createdAtMs };
}

export const mismatch = (): Refusal =>
  new Refusal("idempotency_mismatch", "This Idempotency-Key was used with another body.", {
    param: "Idempotency-Key",
    hint: "Use a new key for a new request.",
  });

export const notKept = (): Refusal =>
  new Refusal(
    "conflict",
    "This request was answered before, and its answer was not kept: it was too large or cut off.",
    {
      param: "Idempotency-Key",
      hint: "Use a new key to have it answered, and billed, again.",
    },
  );

export const stillWorking = (): Refusal =>
  new Refusal("conflict", "The first request with this Idempotency-Key is still working.", {
    param: "Idempotency-Key",
    hint: "Ask again in a moment.",
    retryAfterSeconds: 1,
  });
