import { Refusal, type RefusalCode, type RefusalDetails } from "../kernel/errors.ts";

/** What went wrong in the database, in words both engines share. */
export type StoreFailure = "unique" | "constraint" | "busy" | "unavailable" | "other";

export class StoreError extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.failure = failure;
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof StoreError && error.failure === "unique";
}

export function fromSqlite(error: unknown): unknown {
  const code = errorCode(error);
  if (!code.startsWith("SQLITE_") || error instanceof StoreError) return error;
  const message = (error as Error).message;
  if (code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY") {
    return new StoreError("unique", message);
  }
  if (code.startsWith("SQLITE_CONSTRAINT")) return new StoreError("constraint", message);
  if (code.startsWith("SQLITE_BUSY")) return new StoreError("busy", message);
  if (unwritable.test(code)) return new StoreError("unavailable", `The database file cannot be used: ${message}`);
  return new StoreError("other", `${code}: ${message}`);
}

/** The disk is full, failing, away or read-only. */
const unwritable = /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY)/;

/** ENOENT: the server's socket in the file system. */
const unreachableCodes = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ENOTFOUND", "ETIMEDOUT"]);
/** Postgres' classes: connection, resources (its disk is full too), shut-down, the system around it. */
const serverAway = /^(08|53|57P|58)/;

export function fromPostgres(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const code = errorCode(error);
  if (code === "23505") return new StoreError("unique", error.message, { cause: error });
  if (code.startsWith("23")) return new StoreError("constraint", error.message, { cause: error });
  if (code === "40001" || code === "40P01") return new StoreError("busy", error.message, { cause: error });
  const isAway = unreachableCodes.has(code) || serverAway.test(code);
  if (isAway || /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message)) {
    return new StoreError("unavailable", `The Postgres server cannot be reached: ${error.message}`, { cause: error });
  }
  return /^[0-9A-Z]{5}$/.test(code) ? new StoreError("other", `${code}: ${error.message}`, { cause: error }) : error;
}

function errorCode(error: unknown): string {
  const code = error !== null && typeof error === "object" && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}

/** An error in a form that crosses threads and keeps its kind. */
export type Packed =
  | { readonly kind: "refusal"; readonly code: RefusalCode; readonly message: string; readonly details: RefusalDetails }
  | { readonly kind: "store"; readonly failure: StoreFailure; readonly message: string }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

export function pack(thrown: unknown): Packed {
  if (thrown instanceof Error && thrown.name === "Refusal" && "code" in thrown && "details" in thrown) {
    const { code, details, message } = thrown as Refusal;
    return { kind: "refusal", code, message, details };
  }
  const error = fromSqlite(thrown);
  if (error instanceof StoreError) return { kind: "store", failure: error.failure, message: error.message };
  return error instanceof Error
    ? { kind: "bug", message: error.message, stack: error.stack ?? "" }
    : { kind: "bug", message: String(error), stack: "" };
}

export function unpack(packed: Packed): Error {
  if (packed.kind === "refusal") return new Refusal(packed.code, packed.message, packed.details);
  if (packed.kind === "store") return new StoreError(packed.failure, packed.message);
  const error = new Error(packed.message);
  error.stack = packed.stack;
  return error;
}
