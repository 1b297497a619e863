import type { Clock } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Queries } from "../store/index.ts";
import {
  type Breaker,
  type BreakerPolicy,
  afterFailure,
  afterNothing,
  afterSuccess,
  closed,
  enter,
} from "./breaker.ts";
import { type TryFailure, isIllness, sentenceOf } from "./failure.ts";
import type { UpstreamHealthRow, UpstreamTables } from "./tables.ts";

/** One try that may go, to be ended exactly once. */
export interface Entered {
  succeeded(): void;
  failed(failure: TryFailure): void;
}

/** The circuit breakers of this process, by upstream model. Their changes are written down for others to see. */
export interface Breakers {
  /** Nothing when the breaker lets nobody through. */
  enter(model: Id<"upstreamModel">, policy: BreakerPolicy): Entered | undefined;
  of(model: Id<"upstreamModel">): Breaker;
  /** Until the first of these may be tried again, in ms. */
  waitMs(models: readonly Id<"upstreamModel">[]): number;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

export interface BreakersOptions {
  readonly db: Queries;
  readonly clock: Clock;
  readonly log: Log;
}

export function openBreakers({ db, clock, log }: BreakersOptions): Breakers {
  const breakers = new Map<Id<"upstreamModel">, Breaker>();
  let writing: Promise<void> = Promise.resolve();
  const of = (model: Id<"upstreamModel">): Breaker => breakers.get(model) ?? closed;
  const become = (model: Id<"upstreamModel">, next: Breaker): void => {
    const before = of(model);
    if (next === before) return;
    breakers.set(model, next);
    if (next.state === before.state) return;
    const reason = next.state === "closed" ? null : next.reason;
    const change = { model, state: next.state, reason, since_ms: clock.now() };
    log.warn({ model, state: next.state, reason }, "a circuit breaker changed");
    writing = writing
      .then(() => write(db, change))
      .catch((error: unknown) => {
        log.warn({ model, reason: String(error) }, "an upstream's health could not be written down");
      });
  };
  return {
    of,
    enter(model, policy) {
      const entered = enter(of(model), clock.elapsed());
      become(model, entered.breaker);
      if (!entered.may) return undefined;
      let open = true;
      const once = (next: () => Breaker): void => {
        if (!open) return;
        open = false;
        become(model, next());
      };
      return {
        succeeded: () => once(() => afterSuccess(of(model))),
        failed: (failure) =>
          once(() => {
            if (isIllness[failure.kind]) return afterFailure(of(model), sentenceOf(failure), clock.elapsed(), policy);
            // a limit or a refusal is an answer too: the upstream is there
            return failure.kind === "cancelled" || failure.kind === "too_much"
              ? afterNothing(of(model), clock.elapsed())
              : afterSuccess(of(model));
          }),
      };
    },
    waitMs(models) {
      const waits = models.map((model) => {
        const breaker = of(model);
        return breaker.state === "open" ? Math.max(0, breaker.untilMs - clock.elapsed()) : 1_000;
      });
      return Math.min(...waits);
    },
    close: () => writing,
  };
}

async function write(db: Queries, row: UpstreamHealthRow): Promise<void> {
  const { state, reason, since_ms } = row;
  await db
    .as<UpstreamTables>()
    .insertInto("upstream_health")
    .values(row)
    .onConflict((known) => known.column("model").doUpdateSet({ state, reason, since_ms }))
    .execute();
}

/** What some process last saw of an upstream model. */
export interface UpstreamHealth {
  readonly model: Id<"upstreamModel">;
  readonly state: Breaker["state"];
  /** Why it is not closed. */
  readonly reason: string | null;
  readonly sinceMs: number;
}

/** Models of which nothing was ever written have had no trouble. */
export async function listUpstreamHealth(
  db: Queries,
  models: readonly Id<"upstreamModel">[],
): Promise<UpstreamHealth[]> {
  if (models.length === 0) return [];
  const rows = await db
    .as<UpstreamTables>()
    .selectFrom("upstream_health")
    .selectAll()
    .where("model", "in", [...models])
    .execute();
  return rows.map((row) => ({ model: row.model, state: row.state, reason: row.reason, sinceMs: row.since_ms }));
}
