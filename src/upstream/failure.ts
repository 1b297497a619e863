import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

/** How one try at an upstream can fail. */
export type TryFailure =
  | { readonly kind: "connect"; readonly reason: string }
  | { readonly kind: "private_address"; readonly reason: string }
  | { readonly kind: "timeout"; readonly phase: TimedPhase }
  /** The connection ended early, or what came is not what the API answers. */
  | { readonly kind: "broken"; readonly reason: string }
  | { readonly kind: "too_much"; readonly reason: string }
  /** 5xx and 408. */
  | { readonly kind: "server"; readonly status: number; readonly message: string }
  | { readonly kind: "limited"; readonly message: string; readonly retryAfterSeconds: number | undefined }
  /** Our key, our account or our model's name is wrong there. */
  | { readonly kind: "denied"; readonly status: number; readonly message: string }
  /** The customer's request is wrong. */
  | { readonly kind: "refused"; readonly status: 400 | 413 | 422; readonly message: string; readonly param?: string }
  | { readonly kind: "cancelled" };

export type TimedPhase = "connect" | "first_byte" | "idle" | "total";
export type FailureKind = TryFailure["kind"];
type FailureOf<K extends FailureKind> = Extract<TryFailure, { kind: K }>;

/** What is thrown where a try fails. */
export class TryFailed extends Error {
  readonly failure: TryFailure;

  constructor(failure: TryFailure) {
    super(`an upstream's try failed: ${failure.kind}`);
    this.failure = failure;
  }
}

/** Whether another try may do better: at once elsewhere, here again after a while, or never. */
export const remedies: { readonly [K in FailureKind]: "again" | "elsewhere" | "none" } = {
  connect: "again",
  private_address: "elsewhere",
  timeout: "again",
  broken: "again",
  too_much: "none",
  server: "again",
  limited: "again",
  denied: "elsewhere",
  refused: "none",
  cancelled: "none",
};

/** Whether it says that the upstream is ill, which its circuit breaker counts. */
export const isIllness: { readonly [K in FailureKind]: boolean } = {
  connect: true,
  private_address: true,
  timeout: true,
  broken: true,
  too_much: false,
  server: true,
  limited: false,
  denied: true,
  refused: false,
  cancelled: false,
};

/** One sentence for the operator, in logs and health; no secret and no customer's text. */
export const sentences: { readonly [K in FailureKind]: (failure: FailureOf<K>) => string } = {
  connect: ({ reason }) => `no connection: ${reason}`,
  private_address: ({ reason }) => reason,
  timeout: ({ phase }) => `too slow: ${phaseWords[phase]}`,
  broken: ({ reason }) => `broken answer: ${reason}`,
  too_much: ({ reason }) => reason,
  server: ({ status }) => `answered ${status}`,
  limited: () => "answered 429: its rate limit",
  denied: ({ status }) => `answered ${status}: check its secret, its account and the model's name`,
  refused: ({ status }) => `answered ${status}: the request`,
  cancelled: () => "the caller left",
};

const phaseWords: { readonly [P in TimedPhase]: string } = {
  connect: "no connection in time",
  first_byte: "no first byte in time",
  idle: "silent for too long",
  total: "the whole took too long",
};

export function sentenceOf(failure: TryFailure): string {
  return (sentences[failure.kind] as (failure: TryFailure) => string)(failure);
}

const retryHint = "Nothing was billed. Try again with the same Idempotency-Key.";

/** What the customer hears when no try succeeded. A refused request passes through with the upstream's message. */
const refusals: { readonly [K in FailureKind]: (failure: FailureOf<K>) => Refusal } = {
  connect: () => new Refusal("upstream_failed", "No upstream could be reached.", { hint: retryHint }),
  private_address: () => new Refusal("upstream_failed", "No upstream could be reached.", { hint: retryHint }),
  timeout: () => new Refusal("upstream_timeout", "The upstream took too long to answer.", { hint: retryHint }),
  broken: () => new Refusal("upstream_failed", "The upstream's answer broke off.", { hint: retryHint }),
  too_much: ({ reason }) => new Refusal("upstream_failed", `The answer is too large: ${reason}.`),
  server: ({ status }) =>
    new Refusal(
      status === 504 || status === 408 ? "upstream_timeout" : "upstream_failed",
      `The upstream failed with status ${status}.`,
      { hint: retryHint },
    ),
  limited: ({ message, retryAfterSeconds = 1 }) =>
    new Refusal("rate_limited", `The upstream is at its rate limit. ${message}`.trim(), { retryAfterSeconds }),
  denied: () => new Refusal("upstream_failed", "The upstream does not accept this service's request."),
  refused: ({ status, message, param }) =>
    new Refusal(
      status === 400 ? "invalid_request" : status === 413 ? "too_large" : "invalid_data",
      message,
      param === undefined ? {} : { param },
    ),
  cancelled: () => new Refusal("cancelled", "The caller left before anything was delivered."),
};

export function refusalOf(failure: TryFailure): Refusal {
  return (refusals[failure.kind] as (failure: TryFailure) => Refusal)(failure);
}

/** An answer that is no success, as a failure. `body` is what it said; the secret is struck out of it. */
export function failureOfStatus(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  secret: string | undefined,
): TryFailure {
  const { message, param } = toldError(body, secret);
  if (status === 400 || status === 413 || status === 422)
    return {
      kind: "refused",
      status,
      message: message || `The upstream refused the request with ${status}.`,
      ...param,
    };
  if (status === 429) {
    return { kind: "limited", message, retryAfterSeconds: retryAfterSeconds(headers["retry-after"]) };
  }
  if (status >= 500 || status === 408) return { kind: "server", status, message };
  return { kind: "denied", status, message };
}

function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || !/^\d{1,9}(\.\d+)?$/.test(text.trim())) return undefined;
  return Math.max(1, Math.ceil(Number(text)));
}

function toldError(body: string, secret: string | undefined): { message: string; param: { param?: string } } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { message: "", param: {} };
  }
  const error = field(json, "error") ?? json;
  const text = typeof error === "string" ? error : (field(error, "message") ?? field(json, "detail"));
  const param = field(error, "param");
  const message = typeof text === "string" ? text.slice(0, limits.upstreamMessageCharsMax) : "";
  return {
    message: secret ? message.replaceAll(secret, "[secret]") : message,
    param: typeof param === "string" && param.length <= 100 ? { param } : {},
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
