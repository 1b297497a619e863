import { dayMs } from "../kernel/clock.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, query, sql } from "../store/index.ts";

export interface SweepReport {
  readonly sessions: number;
  readonly links: number;
  readonly attempts: number;
  readonly challenges: number;
  readonly dailyUses: number;
}

/** Removes what is over: sessions, links, counts of failures. Again changes nothing. */
export async function sweepIdentity(db: Queries, { nowMs }: { readonly nowMs: number }): Promise<SweepReport> {
  const most = limits.identitySweepMax;
  const gone = async (statement: Parameters<typeof query>[0]): Promise<number> =>
    (await db.perform(query(statement))).length;
  return {
    sessions: await gone(sql`delete from sessions where id in (select id from sessions
      where idle_until_ms <= ${nowMs} or ends_at_ms <= ${nowMs} limit ${most}) returning id`),
    links: await gone(sql`delete from sign_in_links where id in (select id from sign_in_links
      where expires_at_ms <= ${nowMs - dayMs} limit ${most}) returning id`),
    attempts: await gone(sql`delete from attempts where bucket in (select bucket from attempts
      where last_at_ms <= ${nowMs - dayMs} and blocked_until_ms <= ${nowMs} limit ${most}) returning bucket`),
    challenges: await gone(sql`delete from passkey_challenges where challenge in (select challenge
      from passkey_challenges where expires_at_ms <= ${nowMs} limit ${most}) returning challenge`),
    dailyUses: await gone(sql`delete from daily_uses where day < ${Math.floor(nowMs / dayMs) - 1} returning day`),
  };
}
