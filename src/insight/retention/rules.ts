import { dayMs } from "../../kernel/clock.ts";
import { idsSince } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Statement, sql } from "../../store/index.ts";

/** What an owner may say how long it is kept. Postings, usage, invoices and payments are not among them: they stay. */
export const retentionKinds = ["audit_events", "request_failures", "captures", "prediction_texts"] as const;
export type RetentionKind = (typeof retentionKinds)[number];

interface RetentionRule {
  readonly daysMin: number;
  readonly daysMax: number;
  /** Whether it may stay for ever. */
  readonly mayStay: boolean;
  /** Unless somebody says otherwise; null is for ever. The audit log's is the server's setting. */
  readonly daysDefault: number | null;
  /** What is older, at most so many of it, as rows of any kind. */
  readonly older: (beforeMs: number, most: number) => Statement;
  /** Removes at most so much of what is older and was not swept before; gives a row for each thing that went. */
  readonly remove: (sweep: { readonly fromMs: number; readonly beforeMs: number; readonly most: number }) => Statement;
}

const tenYears = 3_650;

export const retentionRules: { readonly [K in RetentionKind]: RetentionRule } = {
  audit_events: {
    daysMin: 30, // who did what must be found when somebody asks a month later
    daysMax: tenYears,
    mayStay: true,
    daysDefault: limits.auditDays,
    older: (beforeMs, most) => sql`select 1 as one from audit_events where at_ms <= ${beforeMs} limit ${most}`,
    remove: ({ beforeMs, most }) => sql`delete from audit_events where id in (select id from audit_events
      where at_ms <= ${beforeMs} order by at_ms limit ${most}) returning id`,
  },
  request_failures: {
    daysMin: 1,
    daysMax: tenYears,
    mayStay: true,
    daysDefault: 400,
    older: (beforeMs, most) => sql`select 1 as one from request_failures where minute_ms < ${beforeMs} limit ${most}`,
    remove: ({ beforeMs, most }) => sql`delete from request_failures where minute_ms in (select distinct minute_ms
      from request_failures where minute_ms < ${beforeMs} order by minute_ms limit ${most}) returning minute_ms`,
  },
  captures: {
    daysMin: 1,
    daysMax: tenYears,
    mayStay: true,
    daysDefault: null,
    older: (beforeMs, most) =>
      sql`select 1 as one from gateway_captures where created_at_ms < ${beforeMs} limit ${most}`,
    remove: ({ beforeMs, most }) => sql`delete from gateway_captures where prediction in (select prediction
      from gateway_captures where created_at_ms < ${beforeMs} order by created_at_ms limit ${most}) returning prediction`,
  },
  prediction_texts: {
    daysMin: 1,
    daysMax: tenYears,
    mayStay: true,
    daysDefault: null,
    older: (beforeMs, most) => sql`select 1 as one from predictions
      where id < ${idsSince("prediction", beforeMs)} and input_text is not null limit ${most}`,
    remove: ({ fromMs, beforeMs, most }) => sql`update predictions set input_text = null where id in (select id
      from predictions where id >= ${idsSince("prediction", fromMs)} and id < ${idsSince("prediction", beforeMs)}
        and input_text is not null order by id limit ${most}) returning id`,
  },
};

export const cutOff = (days: number, nowMs: number): number => nowMs - days * dayMs;
