import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  getCustomer,
  getPayment,
  listEvents,
  listPayments,
  receivableAgeing,
  reconcilePayments,
  refundPayment,
} from "../../sell/index.ts";
import { eventOf, eventShape, paymentOf, paymentShape } from "../billing/shapes.ts";
import { type Route, route } from "../route.ts";
import { amount, idParams, listOf, money, moneyOf, name, pageQuery, pageShape, unixMs } from "../shapes.ts";

const tag = "Billing";
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

export const paymentRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/payments",
    who: "operator",
    area: "money",
    tag,
    summary: "List payments, newest first",
    query: pageQuery.extend({ customer: z.string().optional() }),
    response: listOf(paymentShape),
    async handle({ deps, query: { limit, cursor, customer } }) {
      const scope = customer ? (customer as Id<"customer">) : "any";
      const page = await listPayments(deps.store, { customer: scope, limit, ...before(cursor) });
      const data = await Promise.all(
        page.data.map(async (payment) =>
          paymentOf(payment, (await getCustomer(deps.store, payment.customer)).currency),
        ),
      );
      return pageShape({ data, nextCursor: page.nextCursor }, (payment) => payment);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/payments/:id/refund",
    who: "operator",
    area: "money",
    tag,
    summary: "Record money given back, as far as no invoice and no usage needs it",
    params: idParams,
    body: z.strictObject({ amount, reference: name }),
    response: paymentShape,
    async handle({ deps, params, body }) {
      const { id: payment, customer } = await getPayment(deps.store, params.id);
      const refunded = await refundPayment(deps.store, {
        payment,
        amountNanos: parseAmount(body.amount),
        reference: body.reference,
        nowMs: deps.clock.now(),
      });
      return paymentOf(refunded, (await getCustomer(deps.store, customer)).currency);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/payments/reconcile",
    who: "operator",
    area: "money",
    access: "read",
    tag,
    summary: "Compare the bank's or provider's list with the payments booked in its time",
    body: z.strictObject({
      provider: name.default("manual"),
      from_ms: unixMs,
      to_ms: unixMs,
      lines: z.array(z.strictObject({ reference: name, amount })).max(limits.reconcileLinesMax),
    }),
    response: z.strictObject({
      object: z.literal("reconciliation"),
      matched: z.number().int(),
      missing_here: z.array(z.string()),
      missing_there: z.array(z.string()),
      different: z.array(z.string()),
    }),
    async handle({ deps, body }) {
      const lines = body.lines.map(({ reference, amount }) => ({ reference, amountNanos: parseAmount(amount) }));
      const ask = { provider: body.provider, fromMs: body.from_ms, toMs: body.to_ms, lines };
      const told = await reconcilePayments(deps.store, ask);
      return {
        object: "reconciliation" as const,
        matched: told.matched,
        missing_here: told.missingHere.map(({ reference }) => reference),
        missing_there: told.missingThere.map(({ reference }) => reference),
        different: told.different.map(({ reference }) => reference),
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/reports/receivables",
    who: "operator",
    area: "money",
    tag,
    summary: "What is open, by how long it is overdue",
    response: z.strictObject({
      object: z.literal("receivables"),
      customers: z.array(
        z.strictObject({
          customer: z.string(),
          not_due: money,
          days_1_to_30: money,
          days_31_to_60: money,
          days_61_to_90: money,
          older: money,
        }),
      ),
    }),
    async handle({ deps }) {
      const ageing = await receivableAgeing(deps.store, deps.clock.now());
      return {
        object: "receivables" as const,
        customers: ageing.map((row) => ({
          customer: row.customer,
          not_due: moneyOf(row.notDueNanos, row.currency),
          days_1_to_30: moneyOf(row.days30Nanos, row.currency),
          days_31_to_60: moneyOf(row.days60Nanos, row.currency),
          days_61_to_90: moneyOf(row.days90Nanos, row.currency),
          older: moneyOf(row.olderNanos, row.currency),
        })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/events",
    who: "operator",
    area: "money",
    tag,
    summary: "List billing events, newest first",
    query: pageQuery.extend({ customer: z.string().optional(), kind: eventShape.shape.kind.optional() }),
    response: listOf(eventShape),
    async handle({ deps, query: { limit, cursor, customer, kind } }) {
      const scope = customer ? (customer as Id<"customer">) : "any";
      return pageShape(await listEvents(deps.store, { customer: scope, kind, limit, ...before(cursor) }), eventOf);
    },
  }),
];
