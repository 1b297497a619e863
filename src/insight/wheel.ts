import { listPartners } from "../channel/index.ts";
import { type FeedbackAccuracy, type Proportion, accuracyByFeedback, wilson } from "../feedback/index.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Customer, listCustomers } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";
import { type DayAnswers, type DayMoney, type Range, answersByDay, moneyByDay } from "./days.ts";
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

export interface WheelReport extends Range {
  readonly rows: readonly WheelRow[];
}

/** The join nobody else has: quality beside money, by model version, customer and partner. Half open in time. */
export async function wheelReport(db: Queries, range: Range): Promise<WheelReport> {
  return { ...range, rows: wheelRows(await peopleOf(db), await factsOf(db, range)) };
}

/** Customers and partners, by id. */
export interface People {
  readonly customers: ReadonlyMap<string, Customer>;
  readonly partners: ReadonlyMap<string, string>;
}

export async function peopleOf(db: Queries): Promise<People> {
  const customers = await namesOf((page) => listCustomers(db, page));
  const partners = await namesOf((page) => listPartners(db, page));
  return {
    customers: new Map(customers.map((found) => [found.id, found])),
    partners: new Map(partners.map(({ id, name }) => [id, name])),
  };
}

/** What a report is made of: sums of days, and what people said of the answers. */
export interface Facts {
  readonly money: readonly DayMoney[];
  readonly answers: readonly DayAnswers[];
  readonly accuracies: readonly FeedbackAccuracy[];
}

export async function factsOf(db: Queries, range: Range): Promise<Facts> {
  return {
    money: await moneyByDay(db, range),
    answers: await answersByDay(db, range),
    accuracies: await accuracyByFeedback(db, { sinceMs: range.fromMs, untilMs: range.toMs }),
  };
}

/** Pure. In order of models and customers; what no model earned comes last. */
export function wheelRows({ customers, partners }: People, { money, answers, accuracies }: Facts): WheelRow[] {
  const rows = new Map<string, Draft>();
  const rowOf = (model: string | null, customer: string, currency: Currency): Draft => {
    const key = `${model} ${customer}`;
    const row = rows.get(key) ?? emptyDraft(model, customer, currency);
    rows.set(key, row);
    return row;
  };
  for (const { model, customer, answers: n } of answers) {
    const currency = customers.get(customer)?.currency;
    if (currency) rowOf(model, customer, currency).predictions += n;
  }
  for (const { kind, customer, model, currency, amountNanos } of money) {
    const role = moneyKinds[kind];
    if (!role || customer === null) continue;
    const row = rowOf(model, customer, currency);
    if (role === "revenue") row.revenueNanos += amountNanos;
    if (role === "cost") row.costNanos -= amountNanos; // a cost is posted below zero
    if (role === "commission") row.commissionNanos -= amountNanos;
  }
  addAccuracy(rows, accuracies);
  return [...rows.values()]
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
    .sort((a, b) => compare(a.model ?? "~", b.model ?? "~") || compare(a.customer, b.customer));
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
