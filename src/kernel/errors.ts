/** The closed list of refusals. Anything else that is thrown is a bug. */
export const refusalCodes = {
  invalid_request: { status: 400, exit: 2 },
  invalid_data: { status: 422, exit: 1 },
  invalid_key: { status: 401, exit: 1 },
  not_signed_in: { status: 401, exit: 1 },
  totp_required: { status: 401, exit: 1 },
  forbidden: { status: 403, exit: 1 },
  address_refused: { status: 403, exit: 1 },
  not_entitled: { status: 403, exit: 1 },
  insufficient_credit: { status: 402, exit: 1 },
  not_found: { status: 404, exit: 3 },
  conflict: { status: 409, exit: 1 },
  idempotency_mismatch: { status: 409, exit: 1 },
  too_large: { status: 413, exit: 1 },
  quota_exceeded: { status: 429, exit: 1 },
  rate_limited: { status: 429, exit: 1 },
  upstream_failed: { status: 502, exit: 1 },
  unavailable: { status: 503, exit: 1 },
  upstream_timeout: { status: 504, exit: 1 },
  cancelled: { status: 409, exit: 130 },
} as const satisfies Record<string, { status: number; exit: number }>;

export type RefusalCode = keyof typeof refusalCodes;

export interface RefusalDetails {
  /** The field, flag or file position that is wrong. */
  readonly param?: string;
  /** One sentence that says what to do. */
  readonly hint?: string;
  /** When to come back, for `rate_limited`, `quota_exceeded` and `unavailable`. */
  readonly retryAfterSeconds?: number;
}

/** An expected "no": one clear sentence for the person who asked, mapped once to an HTTP status and an exit code. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return refusalCodes[this.code].status;
  }

  get exitCode(): number {
    return refusalCodes[this.code].exit;
  }
}

export function notFound(what: string, id: string): Refusal {
  return new Refusal("not_found", `There is no ${what} "${id}".`, {
    hint: `List what there is: millrace ${what} list`,
  });
}

/** For facts the code itself guarantees: a failure here is a bug, never a user's mistake. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`);
}

/** `value`, or a bug if it is missing. */
export function must<T>(value: T | null | undefined, message: string): T {
  invariant(value !== null && value !== undefined, message);
  return value;
}

/** A compile error when a union grows without its case. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable case: ${JSON.stringify(value)}`);
}
