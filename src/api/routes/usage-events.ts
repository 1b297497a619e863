import { Readable } from "node:stream";
import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { formatAmount } from "../../kernel/money.ts";
import {
  type ExplainedUsage,
  type PricedEvent,
  type UsageFilter,
  allUsage,
  explainUsage,
  languages,
  listUsage,
  meteredUnits,
  parseQuantities,
  usageDays,
} from "../../sell/index.ts";
import { csvLine } from "../csv.ts";
import { type Route, route } from "../route.ts";
import { currency, idParams, listOf, money, moneyOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { quantitiesShape } from "../usage.ts";

const id = z.string().min(1).max(100).optional();
const filterQuery = z.strictObject({
  from_ms: z.coerce.number().int().min(0).max(8.64e15),
  to_ms: z.coerce.number().int().min(0).max(8.64e15),
  customer: id,
  key: id,
  product: id,
  model: id,
  unit: z.enum(meteredUnits).optional().describe("Events in which it was counted."),
});

const filterOf = (query: z.output<typeof filterQuery>): UsageFilter => ({
  fromMs: query.from_ms,
  toMs: query.to_ms,
  customer: query.customer as Id<"customer"> | undefined,
  key: query.key as Id<"key"> | undefined,
  product: query.product as Id<"product"> | undefined,
  model: query.model,
  unit: query.unit,
});

const eventShape = z.strictObject({
  object: z.literal("usage_event"),
  id: z.string(),
  prediction: z.string(),
  customer: z.string(),
  key: z.string(),
  subscription: z.string(),
  product: z.string(),
  rate_card: z.string(),
  model: z.string().nullable(),
  end_user: z.string().nullable(),
  quantities: quantitiesShape,
  amount: money,
  entry: z.string().nullable().describe("The ledger's entry; null where nothing was charged."),
  at_ms: unixMs,
});

const eventOf = (event: PricedEvent): z.input<typeof eventShape> => ({
  object: "usage_event",
  id: event.id,
  prediction: event.prediction,
  customer: event.customer,
  key: event.api_key,
  subscription: event.subscription,
  product: event.product,
  rate_card: event.rate_card,
  model: event.model,
  end_user: event.end_user,
  quantities: parseQuantities(event.quantities),
  amount: moneyOf(event.amount_nanos, event.currency),
  entry: event.entry,
  at_ms: event.at_ms,
});

const dayShape = z.strictObject({
  day: z.string(),
  currency,
  events: z.number().int(),
  units: z.number().int().describe("Requests and predictions, or what was counted of the `unit` that was asked for."),
  amount: money,
});

const explainedShape = z.strictObject({
  object: z.literal("explained_usage_event"),
  event: eventShape,
  period_start_ms: unixMs,
  period_end_ms: unixMs,
  units: z.array(
    z.strictObject({
      unit: z.enum(meteredUnits),
      count: z.number().int(),
      before: z
        .number()
        .int()
        .nullable()
        .describe("Used before it in the period; null where that are too many to count."),
      steps: z.array(z.string()).describe("How all of it up to here is priced, in words."),
      amount: money.nullable(),
    }),
  ),
  is_exact: z
    .boolean()
    .describe(
      "The units' amounts sum to the charge. At the steps of a price, what was settled together shares its sum.",
    ),
});

const explainedOf = ({ event, currency: of, units, ...rest }: ExplainedUsage): z.input<typeof explainedShape> => ({
  object: "explained_usage_event",
  event: eventOf({ ...event, currency: of }),
  period_start_ms: rest.periodStartMs,
  period_end_ms: rest.periodEndMs,
  units: units.map(({ amountNanos, steps, ...unit }) => ({
    ...unit,
    steps: [...steps],
    amount: amountNanos === null ? null : moneyOf(amountNanos, of),
  })),
  is_exact: rest.isExact,
});

const head = ["id", "at", "customer", "key", "product", "model", "end_user", ...meteredUnits, "amount", "currency"];

async function* linesOf(batches: AsyncIterable<readonly PricedEvent[]>): AsyncGenerator<string> {
  yield csvLine(head);
  for await (const events of batches) yield events.map(lineOf).join("");
}

function lineOf(event: PricedEvent): string {
  const counted = parseQuantities(event.quantities);
  return csvLine([
    event.id,
    new Date(event.at_ms).toISOString(),
    event.customer,
    event.api_key,
    event.product,
    event.model,
    event.end_user,
    ...meteredUnits.map((unit) => counted[unit] ?? 0),
    formatAmount(event.amount_nanos),
    event.currency,
  ]);
}

const shared = { method: "GET", who: "operator", area: "sell", tag: "Usage" } as const;

/** Looking through what was used: events, days, a file, and how one amount came about. */
export const usageEventRoutes: readonly Route[] = [
  route({
    ...shared,
    path: "/admin/v1/usage-events",
    summary: "List usage events of a time, newest first, by customer, key, product, model or unit",
    query: filterQuery.extend(pageQuery.shape),
    response: listOf(eventShape).describe("A page may be short, or empty, while `has_more` is true."),
    async handle({ deps, query: { limit, cursor, ...query } }) {
      const { events, nextCursor } = await listUsage(deps.store.aside, filterOf(query), { limit, before: cursor });
      return pageShape({ data: events, nextCursor }, eventOf);
    },
  }),
  route({
    ...shared,
    path: "/admin/v1/usage-days",
    summary: "Usage by UTC day and currency, oldest first, with the filters of the usage events",
    query: filterQuery,
    response: z.strictObject({ object: z.literal("list"), data: z.array(dayShape) }),
    async handle({ deps, query }) {
      const days = await usageDays(deps.store.aside, filterOf(query));
      const data = days.map(({ amountNanos, ...day }) => ({ ...day, amount: moneyOf(amountNanos, day.currency) }));
      return { object: "list" as const, data };
    },
  }),
  route({
    ...shared,
    path: "/admin/v1/usage-events/export",
    summary: "The usage events of a time as CSV, with the filters of the list",
    query: filterQuery,
    response: z.string().describe("CSV, one event a line; times are UTC, amounts are exact."),
    async handle({ deps, query, reply }) {
      const lines = Readable.from(linesOf(allUsage(deps.store.aside, filterOf(query))));
      void reply.header("content-disposition", `attachment; filename="usage.csv"`);
      await reply.type("text/csv; charset=utf-8").send(lines);
      return "";
    },
  }),
  route({
    ...shared,
    path: "/admin/v1/usage-events/:id/explain",
    summary: "How the amount of a usage event came about, from the prices of its period",
    params: idParams,
    query: z.strictObject({ language: z.enum(languages).default("en") }),
    response: explainedShape,
    handle: async ({ deps, params, query }) =>
      explainedOf(await explainUsage(deps.store.aside, params.id, query.language)),
  }),
];
