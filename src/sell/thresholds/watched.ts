import type { Id } from "../../kernel/ids.ts";
import { type Steps, bulkStatement, query } from "../../store/index.ts";
import { groupBy } from "../group.ts";
import type { UsageThresholdRow } from "../tables.ts";
import { type LevelForm, type Measured, levelFrom, measure } from "./level.ts";

/** What a period's row keeps of the thresholds that it has not reached. */
export interface Watched {
  readonly id: Id<"usageThreshold">;
  readonly level: LevelForm;
}

export const parseWatched = (text: string | null): Watched[] => (text === null ? [] : (JSON.parse(text) as Watched[]));

export const formatWatched = (watched: readonly Watched[]): string | null =>
  watched.length === 0 ? null : JSON.stringify(watched);

export interface Crossed extends Watched {
  /** In units, or nanos of the customer's currency. */
  readonly limit: bigint;
  readonly reached: bigint;
}

/** Which thresholds a period has reached, and which are left. Pure. */
export function planCrossed(
  text: string,
  of: Measured,
): { readonly crossed: readonly Crossed[]; readonly left: readonly Watched[] } {
  const [crossed, left]: [Crossed[], Watched[]] = [[], []];
  for (const watched of parseWatched(text)) {
    const at = measure(levelFrom(watched.level), of);
    if (at && at.reached >= at.limit) crossed.push({ ...watched, ...at });
    else left.push(watched);
  }
  return { crossed, left };
}

/** What a new period of each subscription watches; one without thresholds is not in the answer. */
export function* watchedBy(
  subscriptions: readonly Id<"subscription">[],
): Steps<ReadonlyMap<Id<"subscription">, string | null>> {
  const rows = yield* query<UsageThresholdRow>(readEach(subscriptions.map((id) => [id])));
  const bySubscription = groupBy(rows, ({ subscription }) => subscription);
  return new Map([...bySubscription].map(([id, own]) => [id, formatWatched(own.map(watchedOf))]));
}

export const watchedOf = (row: UsageThresholdRow): Watched => ({
  id: row.id,
  level: JSON.parse(row.level) as LevelForm,
});

const readEach = bulkStatement(
  { id: "text" },
  {
    each: "select * from usage_thresholds where subscription = ?1 order by id",
    all: `select usage_thresholds.* from usage_thresholds join given on subscription = given.id
      order by usage_thresholds.id`,
  },
);
