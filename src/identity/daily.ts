import { dayMs } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { keyedHash } from "../kernel/hash.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Queries, type Steps, query, sql } from "../store/index.ts";
import { networkOf } from "./attempts.ts";

/** Something that is limited by day: how often one address may, and how often all together. */
export interface DailyUse {
  /** `try:prod_…`. */
  readonly what: string;
  readonly address: string;
  readonly perAddress: number;
  readonly perDay: number;
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** Counts one use, for both limits or, if one of them is reached, for neither: `rate_limited` until the next day (UTC). */
export async function countDailyUse(db: Queries, use: DailyUse): Promise<void> {
  await db.perform(count(use));
}

function* count({ what, address, perAddress, perDay, pepper, nowMs }: DailyUse): Steps<void> {
  const day = Math.floor(nowMs / dayMs);
  const buckets = [
    [`address:${networkOf(address)}`, perAddress],
    ["all", perDay],
  ] as const;
  for (const [whose, most] of buckets) {
    const bucket = keyedHash(pepper.reveal(), `daily:${what}:${whose}`);
    const counted =
      most > 0
        ? yield* query(sql`insert into daily_uses (bucket, day, uses) values (${bucket}, ${day}, 1)
            on conflict (bucket, day) do update set uses = daily_uses.uses + 1 where daily_uses.uses < ${most}
            returning uses`)
        : [];
    if (counted.length === 0) {
      throw new Refusal("rate_limited", "This was used as often as it may be in one day.", {
        hint: "Come back tomorrow.",
        retryAfterSeconds: Math.ceil(((day + 1) * dayMs - nowMs) / 1000),
      });
    }
  }
}
