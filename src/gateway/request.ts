import { Refusal } from "../kernel/errors.ts";
import { canonicalJson, sha256 } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import type { Secret } from "../kernel/secret.ts";
import { assertStorable } from "../kernel/text.ts";
import type { InputKind } from "../models/index.ts";
import type { RateState } from "./rates.ts";

/** One call that is paid for, already parsed. */
export interface PaidRequest {
  readonly secret: Secret;
  /** The endpoint's public name. */
  readonly endpoint: string;
  /** What is asked: a text, a row as JSON or an image as data URL. */
  readonly input: string;
  /** What it was given as, where that is known: a model that takes another kind refuses it. */
  readonly inputKind?: InputKind | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Which of the customer's own users it is for, if it says so: its budget pays, and its usage is told apart. */
  readonly endUser?: string | undefined;
  /** As it is in the log and in the answer's headers. */
  readonly requestId: string;
  /** Aborted when the client leaves. */
  readonly signal?: AbortSignal | undefined;
  /** Told once of who has limits, before the work: how far they are from their end. */
  readonly onRate?: ((state: RateState) => void) | undefined;
}

/** One call of `POST /v1/predictions`. */
export type PredictionRequest = PaidRequest;

/** Two requests with one Idempotency-Key are the same request when these are equal. */
export function bodyHashOf({ endpoint, input }: Pick<PredictionRequest, "endpoint" | "input">): string {
  return sha256(canonicalJson({ endpoint, input }));
}

/** Everything that can be refused without reading or reserving anything. */
export function checkRequest({ input, idempotencyKey }: PaidRequest): void {
  if (input.length > limits.predictionInputCharsMax) {
    const most = limits.predictionInputCharsMax;
    throw new Refusal("too_large", `The input has ${input.length} characters; at most ${most} are read.`, {
      param: "input",
    });
  }
  if (input === "") throw new Refusal("invalid_request", "The input is empty.", { param: "input" });
  assertStorable(input, "input");
  checkIdempotencyKey(idempotencyKey);
}

export function checkIdempotencyKey(idempotencyKey: string | undefined): void {
  if (idempotencyKey === undefined) return;
  if (idempotencyKey === "" || idempotencyKey.length > limits.idempotencyKeyCharsMax) {
    const rule = `An Idempotency-Key has 1 to ${limits.idempotencyKeyCharsMax} characters.`;
    throw new Refusal("invalid_request", rule, { param: "Idempotency-Key" });
  }
  assertStorable(idempotencyKey, "Idempotency-Key");
}
