import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";

export interface PageAsk {
  /** 1 to 100; 20 unless given. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly before?: string | undefined;
}

/** Newest first. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** Ids sort by time, so the cursor is the last id shown. Ask for `limit + 1` rows. */
export function pageOf<R extends { readonly id: string }, T>(
  rows: readonly R[],
  limit: number,
  to: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  return { data: shown.map(to), nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
}

export function limitOf({ limit = limits.listDefault }: PageAsk): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.listMax) return limit;
  throw new Refusal("invalid_request", `A limit is between 1 and ${limits.listMax}.`, { param: "limit" });
}
