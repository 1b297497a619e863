import { z } from "zod";
import { revenueReport } from "../../insight/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { simulatePrices } from "../../sell/index.ts";
import { priceBody, pricesFrom } from "../prices.ts";
import { type Route, route } from "../route.ts";
import { currency, idParams, money, moneyOf, unixMs } from "../shapes.ts";

const simulated = { now: money, draft: money, cost: money.describe("What the usage cost us.") };

export const revenueRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/products/:id/simulate",
    who: "operator",
    area: "sell",
    access: "read",
    tag: "Insight",
    summary: "Rate what was really used by a draft plan: revenue, margin, every customer's change. Writes nothing",
    params: idParams,
    body: z.strictObject({ from_ms: unixMs.default(0), to_ms: unixMs.optional(), ...priceBody }),
    response: z.strictObject({
      object: z.literal("simulation"),
      ...simulated,
      winners: z.number().int().describe("Customers who would pay less."),
      losers: z.number().int(),
      customers: z.array(z.strictObject({ customer: z.string(), periods: z.number().int(), ...simulated })),
    }),
    async handle({ deps, params, body }) {
      const { feeNanos, components } = pricesFrom(body);
      const told = await simulatePrices(deps.store.aside, {
        product: params.id as Id<"product">,
        feeNanos,
        components,
        fromMs: body.from_ms,
        toMs: body.to_ms ?? Number.MAX_SAFE_INTEGER,
      });
      const of = told.currency ?? deps.currency;
      const sums = (row: { nowNanos: bigint; draftNanos: bigint; costNanos: bigint }) => ({
        now: moneyOf(row.nowNanos, of),
        draft: moneyOf(row.draftNanos, of),
        cost: moneyOf(row.costNanos, of),
      });
      return {
        object: "simulation" as const,
        ...sums(told),
        winners: told.winners,
        losers: told.losers,
        customers: told.customers.map((row) => ({ customer: row.customer, periods: row.periods, ...sums(row) })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/reports/revenue",
    who: "operator",
    area: "insight",
    tag: "Insight",
    summary: "Revenue by month from postings: recognized, deferred, recurring and its movements, cohorts",
    response: z.strictObject({
      object: z.literal("revenue"),
      months: z.array(
        z.strictObject({
          month: z.string(),
          currency,
          recognized: money,
          fees: money,
          usage: money,
          services: money,
          other: money.describe("Discounts, tax within prices, rounding, expired paid credit."),
          bad_debt: money,
          deferred: money.describe("What prepaid customers have left at the month's end."),
          recurring: money,
          new: money,
          expansion: money,
          contraction: money,
          churn: money,
          reactivation: money,
          net_retention_basis_points: z.number().int().nullable(),
        }),
      ),
      cohorts: z.array(
        z.strictObject({ month: z.string(), currency, customers: z.number().int(), revenue: z.array(money) }),
      ),
    }),
    async handle({ deps }) {
      const { months, cohorts } = await revenueReport(deps.store.aside);
      return {
        object: "revenue" as const,
        months: months.map(({ month, currency: of, recurring, ...row }) => ({
          month,
          currency: of,
          recognized: moneyOf(row.recognizedNanos, of),
          fees: moneyOf(row.feesNanos, of),
          usage: moneyOf(row.usageNanos, of),
          services: moneyOf(row.servicesNanos, of),
          other: moneyOf(row.otherNanos, of),
          bad_debt: moneyOf(row.badDebtNanos, of),
          deferred: moneyOf(row.deferredNanos, of),
          recurring: moneyOf(recurring.recurringNanos, of),
          new: moneyOf(recurring.newNanos, of),
          expansion: moneyOf(recurring.expansionNanos, of),
          contraction: moneyOf(recurring.contractionNanos, of),
          churn: moneyOf(recurring.churnNanos, of),
          reactivation: moneyOf(recurring.reactivationNanos, of),
          net_retention_basis_points: recurring.netRetentionBasisPoints,
        })),
        cohorts: cohorts.map(({ month, currency: of, customers, revenueNanos }) => ({
          month,
          currency: of,
          customers,
          revenue: revenueNanos.map((nanos) => moneyOf(nanos, of)),
        })),
      };
    },
  }),
];
