import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { today } from "../../insight/index.ts";
import { getVerdict } from "../../loop/index.ts";
import { type Route, route } from "../route.ts";
import { money, moneyOf, unixMs } from "../shapes.ts";
import { verdictOf, verdictShape } from "./loop.ts";

const count = z.number().int();

export const wheelRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/wheel",
    who: "operator",
    area: "insight",
    tag: "Insight",
    summary: "The wheel at a glance: what stands on each part of it, and what moved since an instant",
    query: z.strictObject({
      since_ms: z.coerce.number().int().min(0).optional().describe("At most a week ago; a day ago when left out."),
    }),
    response: z.strictObject({
      object: z.literal("wheel"),
      since_ms: unixMs,
      now_ms: unixMs,
      examples: z.strictObject({ total: count, added: count, datasets: count }),
      runs: z.strictObject({ waiting: count, training: count, done: count, failed: count }),
      models: z.strictObject({ total: count, live: count }),
      calls: z.strictObject({ total: count, by_hour: z.array(count) }),
      revenue: z.array(money),
      feedback: z.strictObject({ total: count, disputed: count }),
      queue: count.describe("Reviews that wait for a person."),
      overdue_invoices: count,
      failed_turns: count,
      last_promotion: verdictShape.nullable(),
    }),
    async handle({ deps, query }) {
      const nowMs = deps.clock.now();
      const sinceMs = query.since_ms ?? nowMs - dayMs;
      if (sinceMs < nowMs - limits.wheelSinceMsMax || sinceMs > nowMs) {
        throw new Refusal("invalid_request", "since_ms is an instant within the last week.", { param: "since_ms" });
      }
      const seen = await today(deps.store, { sinceMs, nowMs });
      return {
        object: "wheel" as const,
        since_ms: sinceMs,
        now_ms: nowMs,
        examples: seen.examples,
        runs: seen.runs,
        models: seen.models,
        calls: { total: seen.calls.total, by_hour: [...seen.calls.byHour] },
        revenue: seen.revenue.map(({ amountNanos, currency }) => moneyOf(amountNanos, currency)),
        feedback: seen.feedback,
        queue: seen.queue,
        overdue_invoices: seen.overdueInvoices,
        failed_turns: seen.failedTurns,
        last_promotion: seen.lastPromotion ? verdictOf(await getVerdict(deps.store, seen.lastPromotion)) : null,
      };
    },
  }),
];

const dayMs = 86_400_000;
