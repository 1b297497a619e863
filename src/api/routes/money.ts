import { z } from "zod";
import { closeMonth, issueCreditNote } from "../../channel/index.ts";
import { type WheelRow, pivotDimensions, pivotReport, steps, wheelReport } from "../../insight/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { parseAmount } from "../../kernel/money.ts";
import { getInvoice, listInvoices } from "../../sell/index.ts";
import { invoiceOf, invoiceShape } from "../invoices.ts";
import { type Route, route } from "../route.ts";
import { amount, idParams, listOf, metric, money, moneyOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { range } from "../statements.ts";

const wheelRowShape = z.strictObject({
  model: z.string().nullable(),
  customer: z.string().nullable(),
  customer_name: z.string().nullable(),
  partner: z.string().nullable(),
  partner_name: z.string().nullable(),
  predictions: z.number().int(),
  accuracy: metric.extend({ reviewed: z.number().int() }).nullable(),
  revenue: money,
  cost: money,
  commission: money,
  margin: money,
});

const wheelRowOf = (row: WheelRow): z.input<typeof wheelRowShape> => ({
  model: row.model,
  customer: row.customer,
  customer_name: row.customerName,
  partner: row.partner,
  partner_name: row.partnerName,
  predictions: row.predictions,
  accuracy: row.accuracy && {
    value: row.accuracy.value,
    low: row.accuracy.low,
    high: row.accuracy.high,
    reviewed: row.accuracy.n,
  },
  revenue: moneyOf(row.revenueNanos, row.currency),
  cost: moneyOf(row.costNanos, row.currency),
  commission: moneyOf(row.commissionNanos, row.currency),
  margin: moneyOf(row.marginNanos, row.currency),
});

export const moneyRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/invoices",
    who: "operator",
    area: "money",
    tag: "Invoices",
    summary: "List invoices and credit notes, newest first",
    query: pageQuery.extend({ customer: z.string().optional() }),
    response: listOf(invoiceShape),
    async handle({ deps, query: { limit, cursor, customer } }) {
      const scope = customer ? (customer as Id<"customer">) : "any";
      const page = { customer: scope, limit, ...(cursor ? { before: cursor } : {}) } as const;
      return pageShape(await listInvoices(deps.store, page), invoiceOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/invoices/:id",
    who: "operator",
    area: "money",
    tag: "Invoices",
    summary: "Get an invoice or credit note",
    params: idParams,
    response: invoiceShape,
    handle: async ({ deps, params }) =>
      invoiceOf(await getInvoice(deps.store, { customer: "any", invoice: params.id })),
  }),
  route({
    method: "POST",
    path: "/admin/v1/invoices/close",
    who: "operator",
    area: "money",
    tag: "Invoices",
    summary: "Issue what is due, with its commissions; again changes nothing",
    body: z.strictObject({ as_of_ms: unixMs.optional().describe("As if it were this instant; now if left out.") }),
    response: z.strictObject({
      object: z.literal("close"),
      issued: z.array(z.string()),
      in_flight: z.array(z.string()).describe("Subscriptions whose period has requests in flight and stays open."),
      failed: z
        .array(z.strictObject({ subscription: z.string(), reason: z.string() }))
        .describe("What could not be closed, and why; it stays open, and the next call tries again."),
    }),
    async handle({ deps, body }) {
      const nowMs = deps.clock.now();
      const report = await closeMonth(deps.store, { asOfMs: body.as_of_ms ?? nowMs, nowMs });
      const { issued, inFlight, failed } = report;
      return { object: "close" as const, issued: [...issued], in_flight: [...inFlight], failed: [...failed] };
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/invoices/:id/credit",
    who: "operator",
    area: "money",
    tag: "Invoices",
    summary: "Take an invoice back by a credit note, whole or in part; its commission is mirrored",
    params: idParams,
    body: z.strictObject({
      reason: z.string().min(1).max(limits.commentCharsMax),
      amount: amount.optional().describe("A part of the total, with its tax; all that is left if both are left out."),
      lines: z
        .array(z.strictObject({ position: z.number().int().min(0), amount }))
        .min(1)
        .max(limits.listMax)
        .optional()
        .describe("Parts of lines, counted from 0; tax on top comes with them in proportion."),
    }),
    status: 201,
    response: z.strictObject({
      object: z.literal("credit"),
      state: z.enum(["credited", "already"]),
      credit_note: z.string(),
    }),
    async handle({ deps, params, body }) {
      const { state, creditNote } = await issueCreditNote(deps.store, {
        invoice: params.id as Id<"invoice">,
        reason: body.reason,
        nowMs: deps.clock.now(),
        ...(body.amount === undefined ? {} : { amountNanos: parseAmount(body.amount, "amount") }),
        ...(body.lines === undefined
          ? {}
          : {
              lines: body.lines.map(({ position, amount: text }, at) => {
                return { position, amountNanos: parseAmount(text, `lines.${at}.amount`) };
              }),
            }),
      });
      return { object: "credit" as const, state, credit_note: creditNote.id };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/reports/wheel",
    who: "operator",
    area: "insight",
    tag: "Insight",
    summary: "Quality beside money: per model version, customer and partner",
    query: range,
    response: z.strictObject({
      object: z.literal("wheel_report"),
      rows: z.array(wheelRowShape),
    }),
    async handle({ deps, query }) {
      const { rows } = await wheelReport(deps.store.aside, { fromMs: query.from_ms, toMs: query.to_ms });
      return {
        object: "wheel_report" as const,
        rows: rows.map(wheelRowOf),
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/reports/pivot",
    who: "operator",
    area: "insight",
    tag: "Insight",
    summary:
      "Quality beside money by day, week or month of UTC: per model version, customer and partner, from postings",
    query: z.strictObject({
      from_ms: z.coerce.number().int().min(0),
      to_ms: z.coerce.number().int().min(0).optional().describe("Now when left out."),
      step: z.enum(steps).default("month"),
      by: z
        .string()
        .regex(new RegExp(`^(${pivotDimensions.join("|")})(,(${pivotDimensions.join("|")}))*$`))
        .default(pivotDimensions.join(","))
        .describe(`What is told apart, joined by commas: ${pivotDimensions.join(", ")}. The rest is summed, and null.`),
    }),
    response: z.strictObject({
      object: z.literal("pivot"),
      from_ms: unixMs,
      to_ms: unixMs,
      step: z.enum(steps),
      rows: z.array(wheelRowShape.extend({ from_ms: unixMs.describe("Where the step begins.") })),
    }),
    async handle({ deps, query: { from_ms, to_ms = deps.clock.now(), step, by } }) {
      const rows = await pivotReport(deps.store.aside, {
        fromMs: from_ms,
        toMs: to_ms,
        step,
        by: pivotDimensions.filter((dimension) => by.split(",").includes(dimension)),
      });
      return {
        object: "pivot" as const,
        from_ms,
        to_ms,
        step,
        rows: rows.map((row) => ({ from_ms: row.fromMs, ...wheelRowOf(row) })),
      };
    },
  }),
];
