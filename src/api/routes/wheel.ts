import { dayMs } from "../../kernel/clock.ts";
import { z } from "zod";
import type { Area } from "../../identity/index.ts";
import { type Today, today } from "../../insight/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { getVerdict } from "../../loop/index.ts";
import { sees } from "../actor.ts";
import { type Route, route } from "../route.ts";
import { money, moneyOf, unixMs } from "../shapes.ts";
import { verdictOf, verdictShape } from "./loop.ts";

const count = z.number().int();

export const wheelRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/wheel",
    who: "operator",
    area: "any",
    tag: "Insight",
    summary: "The wheel at a glance: what stands on each part of it, and what moved since an instant",
    query: z.strictObject({
      since_ms: z.coerce.number().int().min(0).optional().describe("At most a week ago; a day ago when left out."),
    }),
    response: z.strictObject({
      object: z.literal("wheel").describe("A part that the caller's role may not see is null."),
      since_ms: unixMs,
      now_ms: unixMs,
      examples: z.strictObject({ total: count, added: count, datasets: count }).nullable(),
      runs: z.strictObject({ waiting: count, training: count, done: count, failed: count }).nullable(),
      models: z.strictObject({ total: count, live: count }).nullable(),
      calls: z.strictObject({ total: count, by_hour: z.array(count) }).nullable(),
      revenue: z.array(money).nullable(),
      feedback: z.strictObject({ total: count, disputed: count }).nullable(),
      queue: count.nullable().describe("Reviews that wait for a person."),
      overdue_invoices: count.nullable(),
      failed_turns: count.nullable(),
      last_promotion: verdictShape.nullable(),
    }),
    async handle({ deps, query, actor }) {
      const nowMs = deps.clock.now();
      const sinceMs = query.since_ms ?? nowMs - dayMs;
      if (sinceMs < nowMs - limits.wheelSinceMsMax || sinceMs > nowMs) {
        throw new Refusal("invalid_request", "since_ms is an instant within the last week.", { param: "since_ms" });
      }
      const seen = await today(deps.store.aside, { sinceMs, nowMs });
      const may = (area: Area): boolean => sees(actor, area);
      const promotion = may("endpoints") ? seen.lastPromotion : null;
      return {
        object: "wheel" as const,
        since_ms: sinceMs,
        now_ms: nowMs,
        examples: may("data") ? seen.examples : null,
        runs: may("train") ? seen.runs : null,
        models: may("models") ? seen.models : null,
        calls: may("endpoints") ? callsOf(seen) : null,
        revenue: may("money") ? seen.revenue.map(({ amountNanos, currency }) => moneyOf(amountNanos, currency)) : null,
        feedback: may("review") ? seen.feedback : null,
        queue: may("review") ? seen.queue : null,
        overdue_invoices: may("money") ? seen.overdueInvoices : null,
        failed_turns: may("endpoints") ? seen.failedTurns : null,
        last_promotion: promotion ? verdictOf(await getVerdict(deps.store, promotion)) : null,
      };
    },
  }),
];

const callsOf = ({ calls }: Today) => ({ total: calls.total, by_hour: [...calls.byHour] });
