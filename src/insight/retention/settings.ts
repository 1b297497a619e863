import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Queries, query, sql } from "../../store/index.ts";
import { type RetentionKind, cutOff, retentionKinds, retentionRules } from "./rules.ts";

/** How long one kind is kept, and whether an owner said so. */
export interface Retention {
  readonly kind: RetentionKind;
  /** Null: for ever. */
  readonly days: number | null;
  readonly isChanged: boolean;
  readonly daysDefault: number | null;
}

interface Defaults {
  /** The server's setting. */
  readonly auditDays: number;
}

export async function listRetention(db: Queries, { auditDays }: Defaults): Promise<Retention[]> {
  const rows = await db.perform(
    query<{ kind: string; days: number | null }>(sql`select kind, days from retention_settings`),
  );
  return retentionKinds.map((kind) => {
    const daysDefault = kind === "audit_events" ? auditDays : retentionRules[kind].daysDefault;
    const row = rows.find((found) => found.kind === kind);
    return { kind, days: row ? row.days : daysDefault, isChanged: row !== undefined, daysDefault };
  });
}

export interface RetentionChange {
  readonly kind: RetentionKind;
  /** Null: for ever. Undefined: as the server's default is. */
  readonly days: number | null | undefined;
  readonly nowMs: number;
}

/** The next sweep goes by it. Refusal `invalid_request` of days outside the kind's bounds. */
export async function changeRetention(db: Queries, { kind, days, nowMs }: RetentionChange): Promise<void> {
  if (days === undefined) {
    await db.perform(query(sql`delete from retention_settings where kind = ${kind}`));
    return;
  }
  assertDays(kind, days);
  await db.perform(
    query(sql`insert into retention_settings (kind, days, changed_at_ms) values (${kind}, ${days}, ${nowMs})
      on conflict (kind) do update set days = excluded.days, changed_at_ms = excluded.changed_at_ms`),
  );
}

function assertDays(kind: RetentionKind, days: number | null): void {
  const { daysMin, daysMax, mayStay } = retentionRules[kind];
  if (days === null ? mayStay : Number.isInteger(days) && days >= daysMin && days <= daysMax) return;
  throw new Refusal("invalid_request", `${kind} are kept ${daysMin} to ${daysMax} days, not ${days}.`, {
    param: "days",
  });
}

/** What the next sweep would remove. */
export interface RetentionPreview {
  readonly beforeMs: number;
  /** At most `limits.liveCountMax`: then there may be more. */
  readonly removes: number;
}

export async function previewRetention(
  db: Queries,
  { kind, days, nowMs }: { readonly kind: RetentionKind; readonly days: number; readonly nowMs: number },
): Promise<RetentionPreview> {
  assertDays(kind, days);
  const beforeMs = cutOff(days, nowMs);
  const older = retentionRules[kind].older(beforeMs, limits.liveCountMax);
  const [row] = await db.perform(query<{ n: number }>(sql`select count(*) as n from (${older}) as older`));
  return { beforeMs, removes: row?.n ?? 0 };
}
