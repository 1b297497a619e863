import { type Check, check } from "../ledger/index.ts";
import { type Queries, type Statement, query, sql } from "../store/index.ts";

/** For `doctor`: predictions and usage are the same set of facts. Each check says how many rows it looked at. */
export async function verifyServing(db: Queries): Promise<Check[]> {
  const answered = await countOf(db, sql`select count(*) as n from predictions where shadow_of is null`);
  const shadows = await countOf(db, sql`select count(*) as n from predictions where shadow_of is not null`);
  const events = await countOf(db, sql`select count(*) as n from usage_events`);
  const unbilled = await idsOf(
    db,
    sql`select id from predictions where shadow_of is null
      and not exists (select 1 from usage_events u where u.id = 'use_' || substr(predictions.id, 6)) order by id`,
  );
  const unrecorded = await idsOf(
    db,
    sql`select id from usage_events where not exists (select 1 from predictions p where p.id = usage_events.prediction)
      order by id`,
  );
  const twice = await idsOf(
    db,
    sql`select prediction as id from usage_events group by prediction having count(*) > 1 order by prediction`,
  );
  const billedShadows = await idsOf(
    db,
    sql`select p.id from predictions p join usage_events u on u.id = 'use_' || substr(p.id, 6)
      where p.shadow_of is not null order by p.id`,
  );
  const different = await idsOf(
    db,
    sql`select p.id from predictions p join usage_events u on u.id = 'use_' || substr(p.id, 6)
      where p.shadow_of is null and (u.prediction <> p.id or u.customer <> p.customer or u.api_key <> p.key
        or u.model is null or u.model <> p.model or u.release is null or u.release <> p.release
        or u.cost_nanos <> p.cost_nanos) order by p.id`,
  );
  return [
    check(
      "every prediction has its usage event",
      answered,
      unbilled.map((id) => `${id} has none`),
    ),
    check(
      "every usage event has its prediction",
      events,
      unrecorded.map((id) => `${id} has none`),
    ),
    check(
      "no prediction was billed twice",
      events,
      twice.map((id) => `${id} was`),
    ),
    check(
      "no shadow was billed",
      shadows,
      billedShadows.map((id) => `${id} was`),
    ),
    check(
      "prediction and usage event say the same",
      answered,
      different.map((id) => `${id} does not`),
    ),
  ];
}

async function countOf(db: Queries, statement: Statement): Promise<number> {
  const rows = await db.perform(query<{ n: number }>(statement));
  return rows[0]?.n ?? 0;
}

async function idsOf(db: Queries, statement: Statement): Promise<string[]> {
  return (await db.perform(query<{ id: string }>(statement))).map(({ id }) => id);
}
