import type { Clock } from "../../kernel/clock.ts";
import type { RefusalCode } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { Log } from "../../kernel/log.ts";
import type { Store } from "../../store/index.ts";
import { type FailureCount, addFailuresUnit } from "./kept.ts";

/** Why there was no answer: a refusal, or a bug of ours. */
export type FailureCode = RefusalCode | "internal_error";

/** What is known of a request when it fails; empty is not known. */
export interface AskedBy {
  endpoint: string;
  product: string;
  customer: string;
}

export interface Failures {
  /** One request that ended without an answer, by what was thrown: an increment in memory. */
  note(asked: AskedBy, code: FailureCode, error: unknown): void;
  /** Whether it was noted already, by whoever knew more of the request. */
  isNoted(error: unknown): boolean;
  /** Writes what was counted, at most every `limits.failureFlushMs` unless `isLast`. */
  flush(isLast?: boolean): Promise<void>;
}

interface Deps {
  readonly store: Pick<Store, "run">;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears each, as a monitor counts it. */
  readonly onFailure: (failed: { readonly endpoint: string; readonly code: FailureCode }) => void;
}

const minuteMs = 60_000;
type Counts = Map<string, FailureCount>;

/** Counts of this process, written in groups beside the requests. */
export function openFailures({ store, clock, log, onFailure }: Deps): Failures {
  let counts: Counts = new Map();
  let flushedMs = clock.elapsed();
  const noted = new WeakSet<object>();
  return {
    note(asked, code, error) {
      if (error instanceof Error) noted.add(error);
      onFailure({ endpoint: asked.endpoint || "-", code });
      add(counts, { ...asked, code, minuteMs: Math.floor(clock.now() / minuteMs) * minuteMs, requests: 1 });
    },
    isNoted: (error) => error instanceof Error && noted.has(error),
    async flush(isLast = false) {
      const nowMs = clock.elapsed();
      if (counts.size === 0 || (!isLast && nowMs - flushedMs < limits.failureFlushMs)) return;
      flushedMs = nowMs;
      const written = counts;
      counts = new Map();
      try {
        await store.run(addFailuresUnit, [...written.values()]);
      } catch (error) {
        for (const count of written.values()) add(counts, count); // the next flush tries them again
        log.warn({ reason: String(error) }, "counts of failed requests could not be written yet");
      }
    },
  };
}

/** Beyond the limit new kinds of failures are left out, so that memory stays bounded while the database is away. */
function add(counts: Counts, count: FailureCount): void {
  const { minuteMs: at, endpoint, product, customer, code, requests } = count;
  const key = `${at} ${endpoint} ${product} ${customer} ${code}`;
  const known = counts.get(key);
  if (!known && counts.size >= limits.failureCountsMax) return;
  counts.set(key, { ...count, requests: (known?.requests ?? 0) + requests });
}
