import { listPartners } from "../channel/index.ts";
import { type Proportion, accuracyByFeedback, wilson } from "../feedback/index.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Customer, listCustomers } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";
import { type Apart, type DayAnswers, type DayMoney, type Range, answersByDay, daysOf, moneyByDay } from "./days.ts";
import { moneyKinds } from "./money-kinds.ts";
import { namesOf } from "./names.ts";

/**
 * One line of the wheel report: what one model version did for one customer, and what that was worth. What a report does not
 * tell apart is null.
 */
export interface WheelRow {
  /** The model, or nothing for fees, which no model earns alone. */
  readonly model: string | null;
  readonly customer: string | null;
  readonly customerName: string | null;
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
  const by = ["model", "customer", "partner"] as const;
  const people = await peopleOf(db);
  const days = await daysOf(db, range);
  const facts = {
    money: await moneyByDay(db, days, { kinds: Object.keys(moneyKinds), by }),
    answers: await answersByDay(db, days, { by }),
    reviewed: await reviewedIn(db, range, people, by),
  };
  return { ...range, rows: wheelRows(people, facts) };
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
interface Facts {
  readonly money: readonly DayMoney[];
  readonly answers: readonly DayAnswers[];
  readonly reviewed: readonly Reviewed[];
}

/** How many reviewed answers were right. */
interface Reviewed extends Who {
  readonly right: number;
  readonly n: number;
}

interface Who {
  readonly model: string | null;
  readonly customer: string | null;
  readonly partner: string | null;
}

/** A model may have stood behind several releases of one customer: their reviewed predictions are counted together. */
export async function reviewedIn(db: Queries, range: Range, people: People, by: readonly Apart[]): Promise<Reviewed[]> {
  const accuracies = await accuracyByFeedback(db, { sinceMs: range.fromMs, untilMs: range.toMs });
  return accuracies.flatMap(({ model, customer, reviewed }) => {
    if (!reviewed) return [];
    const partner = people.customers.get(customer)?.partner ?? null;
    const who = {
      model: by.includes("model") ? model : null,
      customer: by.includes("customer") ? customer : null,
      partner: by.includes("partner") ? partner : null,
    };
    return [{ ...who, right: reviewed.successes, n: reviewed.n }];
  });
}

/** Pure. In order of models and customers; what no model earned comes last. */
export function wheelRows({ customers, partners }: People, { money, answers, reviewed }: Facts): WheelRow[] {
  const rows = new Map<string, Draft>();
  const rowOf = (who: Who, currency: Currency): Draft => {
    const name = `${nameOf(who)} ${currency}`;
    const row = rows.get(name) ?? emptyDraft(who, currency);
    rows.set(name, row);
    return row;
  };
  for (const { answers: n, currency, ...who } of answers) rowOf(who, currency).predictions += n;
  for (const { kind, currency, amountNanos, ...who } of money) {
    const row = rowOf(who, currency);
    const role = moneyKinds[kind];
    if (role === "revenue") row.revenueNanos += amountNanos;
    if (role === "cost") row.costNanos -= amountNanos; // a cost is posted below zero
    if (role === "commission") row.commissionNanos -= amountNanos;
  }
  const judged = judgements(reviewed);
  return [...rows.values()]
    .map((row) => {
      const { right, n } = judged.get(nameOf(row)) ?? { right: 0, n: 0 };
      return {
        ...row,
        accuracy: n === 0 ? null : wilson(right, n),
        customerName: row.customer && (customers.get(row.customer)?.name ?? row.customer),
        partnerName: row.partner && (partners.get(row.partner) ?? row.partner),
        marginNanos: row.revenueNanos - row.costNanos - row.commissionNanos,
      };
    })
    .sort((a, b) => compare(a.model ?? "~", b.model ?? "~") || compare(a.customer ?? "", b.customer ?? ""));
}

type Draft = {
  -readonly [K in keyof Omit<WheelRow, "accuracy" | "customerName" | "partnerName" | "marginNanos">]: WheelRow[K];
};

const emptyDraft = ({ model, customer, partner }: Who, currency: Currency): Draft => ({
  model,
  customer,
  partner,
  currency,
  predictions: 0,
  revenueNanos: 0n,
  costNanos: 0n,
  commissionNanos: 0n,
});

const nameOf = ({ model, customer, partner }: Who): string => `${model} ${customer} ${partner}`;

function judgements(reviewed: readonly Reviewed[]): Map<string, { right: number; n: number }> {
  const counts = new Map<string, { right: number; n: number }>();
  for (const { right, n, ...who } of reviewed) {
    const count = counts.get(nameOf(who)) ?? { right: 0, n: 0 };
    counts.set(nameOf(who), { right: count.right + right, n: count.n + n });
  }
  return counts;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
