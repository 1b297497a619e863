import type { Currency, Nanos } from "../kernel/money.ts";
import { accountKinds, listCustomers } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";
import { daysOf, moneyByDay, wholeTime } from "./days.ts";
import { namesOf } from "./names.ts";
import { stepsOf } from "./pivot.ts";

/*
 * Revenue from postings alone. A month is a UTC month; fees and usage are booked in the month they are for, so what is
 * recognized is what is booked. What customers paid and have not used is deferred: it is what prepaid balances hold.
 */

export interface RevenueMonth {
  /** `2026-01` */
  readonly month: string;
  readonly currency: Currency;
  /** Fees, add-ons and items; usage; what discounts, tax within prices and rounding changed; expired paid credit. */
  readonly feesNanos: Nanos;
  readonly usageNanos: Nanos;
  readonly servicesNanos: Nanos;
  readonly otherNanos: Nanos;
  readonly recognizedNanos: Nanos;
  readonly badDebtNanos: Nanos;
  /** What prepaid customers have left at the month's end: paid, or given, and not yet earned. */
  readonly deferredNanos: Nanos;
  /** Fees of the month and how they came about since the month before: of whom, and how much. */
  readonly recurring: Recurring;
}

/** The movements sum: before + new + expansion + reactivation − contraction − churn = recurring. */
export interface Recurring {
  readonly recurringNanos: Nanos;
  readonly newNanos: Nanos;
  readonly expansionNanos: Nanos;
  readonly contractionNanos: Nanos;
  readonly churnNanos: Nanos;
  readonly reactivationNanos: Nanos;
  /** What last month's customers pay now, of what they paid then, in basis points; null without any. */
  readonly netRetentionBasisPoints: number | null;
}

export interface Cohort {
  /** The month of a customer's first revenue. */
  readonly month: string;
  readonly currency: Currency;
  readonly customers: number;
  /** Revenue of these customers in that month and each one after it. */
  readonly revenueNanos: readonly Nanos[];
}

export interface RevenueReport {
  readonly months: readonly RevenueMonth[];
  readonly cohorts: readonly Cohort[];
}

interface Posted {
  kind: string;
  currency: Currency;
  customer: string;
  terms: string;
  month: string;
  amountNanos: Nanos;
}

const revenueKinds: ReadonlySet<string> = new Set([
  accountKinds.feeRevenue,
  accountKinds.usageRevenue,
  accountKinds.serviceRevenue,
  accountKinds.discount,
  accountKinds.taxIncluded,
  accountKinds.rounding,
  accountKinds.breakage,
]);

export async function revenueReport(db: Queries): Promise<RevenueReport> {
  const posted = await postings(db);
  const months = monthsBetween(posted.map(({ month }) => month));
  const currencies = [...new Set(posted.map(({ currency }) => currency))].sort();
  const reports = currencies.map((currency) => {
    const own = posted.filter((row) => row.currency === currency);
    return { months: monthsOf(own, months, currency), cohorts: cohortsOf(own, months, currency) };
  });
  return { months: reports.flatMap((each) => each.months), cohorts: reports.flatMap((each) => each.cohorts) };
}

/** By month, of accounts that belong to customers: in the order of months and customers. */
async function postings(db: Queries): Promise<Posted[]> {
  const range = await wholeTime(db);
  if (!range) return [];
  const terms = new Map(
    (await namesOf((page) => listCustomers(db, page))).map((found) => [found.id as string, found.terms]),
  );
  const sums = new Map<string, Posted>();
  const kinds = [...revenueKinds, accountKinds.customer, accountKinds.badDebt];
  const days = await daysOf(db, range);
  const asked = { kinds, by: ["customer"] as const, cuts: [...stepsOf({ ...range, step: "month" })] };
  for (const { fromMs, kind, currency, customer, amountNanos } of await moneyByDay(db, days, asked)) {
    const known = customer === null ? undefined : terms.get(customer);
    if (!known || customer === null) continue;
    const month = new Date(fromMs).toISOString().slice(0, 7);
    const name = `${month} ${customer} ${kind} ${currency}`;
    const sum = sums.get(name) ?? { kind, currency, customer, terms: known, month, amountNanos: 0n };
    sum.amountNanos += amountNanos;
    sums.set(name, sum);
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

function monthsBetween(found: readonly string[]): string[] {
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return [];
  const months: string[] = [];
  for (let month = first; month <= last; month = monthAfter(month)) months.push(month);
  return months;
}

function monthAfter(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

function monthsOf(posted: readonly Posted[], months: readonly string[], currency: Currency): RevenueMonth[] {
  let deferredNanos = 0n;
  let before = new Map<string, Nanos>();
  const seen = new Set<string>();
  return months.map((month) => {
    const own = posted.filter((row) => row.month === month);
    const sum = (...kinds: string[]): Nanos =>
      own.filter(({ kind }) => kinds.includes(kind)).reduce((total, row) => total + row.amountNanos, 0n);
    for (const { kind, terms, amountNanos } of own)
      if (kind === accountKinds.customer && terms === "prepaid") deferredNanos += amountNanos;
    const fees = feesBy(own);
    const recurring = movements(before, fees, seen);
    for (const customer of fees.keys()) seen.add(customer);
    before = fees;
    const [feesNanos, usageNanos, servicesNanos] = [
      sum(accountKinds.feeRevenue),
      sum(accountKinds.usageRevenue),
      sum(accountKinds.serviceRevenue),
    ];
    const recognizedNanos = sum(...revenueKinds);
    return {
      month,
      currency,
      feesNanos,
      usageNanos,
      servicesNanos,
      otherNanos: recognizedNanos - feesNanos - usageNanos - servicesNanos,
      recognizedNanos,
      badDebtNanos: -sum(accountKinds.badDebt),
      deferredNanos,
      recurring,
    };
  });
}

function feesBy(own: readonly Posted[]): Map<string, Nanos> {
  const fees = new Map<string, Nanos>();
  for (const { kind, customer, amountNanos } of own)
    if (kind === accountKinds.feeRevenue && amountNanos > 0n)
      fees.set(customer, (fees.get(customer) ?? 0n) + amountNanos);
  return fees;
}

/** Who came, grew, shrank, left and came back between two months. Pure. */
export function movements(
  before: ReadonlyMap<string, Nanos>,
  after: ReadonlyMap<string, Nanos>,
  seen: ReadonlySet<string>,
): Recurring {
  const sums = { newNanos: 0n, expansionNanos: 0n, contractionNanos: 0n, churnNanos: 0n, reactivationNanos: 0n };
  let [recurringNanos, keptNanos, beforeNanos] = [0n, 0n, 0n];
  for (const customer of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(customer) ?? 0n, after.get(customer) ?? 0n];
    recurringNanos += is;
    beforeNanos += was;
    if (was > 0n) keptNanos += is;
    if (was === 0n) sums[seen.has(customer) ? "reactivationNanos" : "newNanos"] += is;
    else if (is === 0n) sums.churnNanos += was;
    else if (is > was) sums.expansionNanos += is - was;
    else sums.contractionNanos += was - is;
  }
  const netRetentionBasisPoints = beforeNanos === 0n ? null : Number((keptNanos * 10_000n) / beforeNanos);
  return { recurringNanos, ...sums, netRetentionBasisPoints };
}

function cohortsOf(posted: readonly Posted[], months: readonly string[], currency: Currency): Cohort[] {
  const revenue = posted.filter(({ kind }) => revenueKinds.has(kind));
  const first = new Map<string, string>();
  for (const { customer, month } of revenue) if (!first.has(customer)) first.set(customer, month);
  return months.flatMap((month): Cohort[] => {
    const members = new Set([...first].filter(([, since]) => since === month).map(([customer]) => customer));
    if (members.size === 0) return [];
    const revenueNanos = months
      .filter((each) => each >= month)
      .map((each) =>
        revenue
          .filter((row) => row.month === each && members.has(row.customer))
          .reduce((total, row) => total + row.amountNanos, 0n),
      );
    return [{ month, currency, customers: members.size, revenueNanos }];
  });
}
