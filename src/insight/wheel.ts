import { listPartners } from "../channel/index.ts";
import { type FeedbackAccuracy, type Proportion, accuracyByFeedback, wilson } from "../feedback/index.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { totalsByDimensions } from "../ledger/index.ts";
import { listCustomers } from "../sell/index.ts";
import type { ServeTables } from "../serve/index.ts";
import type { Queries } from "../store/index.ts";
import { moneyKinds } from "./money-kinds.ts";
import { namesOf } from "./names.ts";

/** One line of the wheel report: what one model version did for one customer, and what that was worth. */
export interface WheelRow {
  /** The model, or nothing for fees, which no model earns alone. */
  readonly model: string | null;
  readonly customer: string;
  readonly customerName: string;
  readonly partner: string | null;
  readonly partnerName: string | null;
  readonly currency: Currency;
  readonly predictions: number;
  /** Of the predictions with reviewed truth, how many were right: Wilson 95 %. Biased downwards, see `feedback`. */
  readonly accuracy: Proportion | null;
  readonly revenueNanos: Nanos;
  readonly costNanos: Nanos;
  readonly commissionNanos: Nanos;
  /** Revenue minus cost minus commission. */
  readonly marginNanos: Nanos;
}

export interface WheelReport {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly WheelRow[];
}

/** The join nobody else has: quality beside money, by model version, customer and partner. Half open in time. */
export async function wheelReport(
  db: Queries,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<WheelReport> {
  const { fromMs, toMs } = range;
  const rows = new Map<string, Draft>();
  const rowOf = (model: string | null, customer: string, currency: Currency): Draft => {
    const key = `${model} ${customer}`;
    const row = rows.get(key) ?? emptyDraft(model, customer, currency);
    rows.set(key, row);
    return row;
  };
  const customers = new Map(
    (await namesOf((page) => listCustomers(db, page))).map((found) => [found.id as string, found]),
  );
  const partners = new Map(
    (await namesOf((page) => listPartners(db, page))).map((found) => [found.id as string, found.name]),
  );
  for (const { model, customer, n } of await countPredictions(db, range)) {
    const currency = customers.get(customer)?.currency;
    if (currency) rowOf(model, customer, currency).predictions = n;
  }
  const kinds = Object.keys(moneyKinds);
  for (const total of await totalsByDimensions(db, { kinds, fromMs, toMs })) {
    if (!total.customer) continue;
    const row = rowOf(total.model ?? null, total.customer, total.currency);
    const role = moneyKinds[total.kind];
    if (role === "revenue") row.revenueNanos += total.amountNanos;
    if (role === "cost") row.costNanos -= total.amountNanos; // a cost is posted below zero
    if (role === "commission") row.commissionNanos -= total.amountNanos;
  }
  addAccuracy(rows, await accuracyByFeedback(db, { sinceMs: fromMs, untilMs: toMs }));
  return {
    fromMs,
    toMs,
    rows: [...rows.values()]
      .map((row) => {
        const customer = customers.get(row.customer);
        const partner = customer?.partner ?? null;
        return {
          ...row,
          customerName: customer?.name ?? row.customer,
          partner,
          partnerName: partner && (partners.get(partner) ?? partner),
          marginNanos: row.revenueNanos - row.costNanos - row.commissionNanos,
        };
      })
      .sort((a, b) => compare(a.model ?? "~", b.model ?? "~") || compare(a.customer, b.customer)),
  };
}

type Draft = {
  -readonly [K in keyof Omit<WheelRow, "customerName" | "partner" | "partnerName" | "marginNanos">]: WheelRow[K];
};

const emptyDraft = (model: string | null, customer: string, currency: Currency): Draft => ({
  model,
  customer,
  currency,
  predictions: 0,
  accuracy: null,
  revenueNanos: 0n,
  costNanos: 0n,
  commissionNanos: 0n,
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function countPredictions(
  db: Queries,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<{ model: string; customer: string; n: number }[]> {
  return db
    .as<ServeTables>()
    .selectFrom("predictions")
    .select((eb) => ["model", "customer", eb.fn.countAll<number>().as("n")])
    .where("shadow_of", "is", null)
    .where("created_at_ms", ">=", fromMs)
    .where("created_at_ms", "<", toMs)
    .groupBy(["model", "customer"])
    .execute();
}

/** A model may have stood behind several releases of one customer: their reviewed predictions are counted together. */
function addAccuracy(rows: ReadonlyMap<string, Draft>, accuracies: readonly FeedbackAccuracy[]): void {
  const counts = new Map<string, { right: number; n: number }>();
  for (const { model, customer, reviewed } of accuracies) {
    if (!reviewed) continue;
    const key = `${model} ${customer}`;
    const count = counts.get(key) ?? { right: 0, n: 0 };
    counts.set(key, { right: count.right + reviewed.successes, n: count.n + reviewed.n });
  }
  for (const [key, { right, n }] of counts) {
    const row = rows.get(key);
    if (row) row.accuracy = wilson(right, n);
  }
}
