import { limits } from "../../kernel/limits.ts";
import { type Queries, query, queryOne, sql } from "../../store/index.ts";
import { type RetentionKind, cutOff, retentionRules } from "./rules.ts";
import { listRetention } from "./settings.ts";

interface Sweep {
  /** The server's setting of the audit log. */
  readonly auditDays: number;
  readonly nowMs: number;
}

/** Removes what is past its time, in small steps that let others write between them. Again changes nothing. */
export async function sweepRetention(db: Queries, { auditDays, nowMs }: Sweep): Promise<void> {
  for (const { kind, days } of await listRetention(db, { auditDays })) {
    if (days !== null) await sweepKind(db, kind, cutOff(days, nowMs));
  }
}

async function sweepKind(db: Queries, kind: RetentionKind, beforeMs: number): Promise<void> {
  const swept = await db.perform(
    queryOne<{ before_ms: number }>(sql`select before_ms from retention_swept where kind = ${kind}`),
  );
  const fromMs = swept?.before_ms ?? 0;
  if (fromMs >= beforeMs) return;
  const most = limits.retentionStepMax;
  for (let step = 0; step < limits.retentionStepsMax; step++) {
    const gone = await db.perform(query(retentionRules[kind].remove({ fromMs, beforeMs, most })));
    if (gone.length > 0) continue;
    await db.perform(
      query(sql`insert into retention_swept (kind, before_ms) values (${kind}, ${beforeMs})
        on conflict (kind) do update set before_ms = excluded.before_ms`),
    );
    return;
  }
}
