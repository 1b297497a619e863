import { invariant } from "../kernel/errors.ts";
import { type Currency, type Nanos, mulDivTrunc, roundToMinorUnit, sumNanos } from "../kernel/money.ts";
import { type Component, chargeOf } from "./component.ts";
import type { Discount } from "./coupon.ts";
import type { LineAbout, Part, Service } from "./documents/view.ts";
import { describeLine } from "./documents/words.ts";
import { finalPriceOf, freeIn } from "./price.ts";
import { type TaxDecision, taxOf } from "./tax/decide.ts";
import { type MeteredUnit, type Quantities, answersIn } from "./units.ts";

/** What a period brings onto its invoice. */
export interface PeriodFacts {
  readonly product: string;
  readonly plan: string;
  readonly feeNanos: Nanos;
  /** Null: the whole fee. */
  readonly feePart: Part | null;
  readonly components: readonly Component[];
  readonly used: Quantities;
  /** Of the used ones, those of an earlier period. */
  readonly late: Quantities;
  /** The sums over the period's usage events. */
  readonly usage: { readonly units: number; readonly amountNanos: Nanos };
  readonly addons: readonly {
    readonly name: string;
    readonly quantity: number;
    readonly part: Part | null;
    readonly chargeNanos: Nanos;
  }[];
  readonly coupons: readonly { readonly code: string; readonly discount: Discount }[];
}

/** All that an invoice is made of. */
export interface InvoiceFacts {
  readonly currency: Currency;
  /** Null: an invoice of items alone. */
  readonly period: PeriodFacts | null;
  readonly items: readonly {
    readonly service: Service;
    readonly description: string;
    readonly quantity: number;
    readonly unitNanos: Nanos;
  }[];
  readonly tax: TaxDecision;
  /** What rounding left over on the subscription's last invoice: above zero it is still to be invoiced. */
  readonly carriedInNanos: Nanos;
}

export interface PlannedLine {
  readonly kind: LineAbout["kind"];
  /** What was counted; null of all but usage. */
  readonly unit: MeteredUnit | null;
  readonly description: string;
  readonly units: number;
  readonly lateUnits: number;
  /** Before rounding, with what the line before it, or the invoice before, has left over. */
  readonly exactNanos: Nanos;
  readonly amountNanos: Nanos;
  /** Null on documents that are older than it. */
  readonly about: LineAbout | null;
}

export interface InvoicePlan {
  readonly lines: readonly PlannedLine[];
  readonly totalNanos: Nanos;
  /** Of the total: on top of the other lines, or within them. */
  readonly taxNanos: Nanos;
  readonly tax: TaxDecision;
  readonly carriedInNanos: Nanos;
  readonly carriedOutNanos: Nanos;
}

/** What has to be booked when the document is issued; usage has been booked as it was used. */
export interface Charges {
  readonly feeNanos: Nanos;
  readonly addonNanos: Nanos;
  readonly itemNanos: Nanos;
  /** Final prices less what was charged: below zero where a cheaper tier was reached, above for a minimum. */
  readonly adjustmentNanos: Nanos;
  readonly discountNanos: Nanos;
}

interface Charge {
  readonly about: LineAbout;
  readonly chargeNanos: Nanos;
}

/**
 * What an invoice says: the fee, add-ons, one line for each component, items, discounts, tax. total = all charges + carried
 * in − carried out + tax on top.
 */
export function planInvoice(facts: InvoiceFacts): InvoicePlan & { readonly charges: Charges } {
  const { period, currency, tax } = facts;
  const own = period ? periodCharges(period) : [];
  const discounts = period ? discountCharges(period, sumNanos(own.map(({ chargeNanos }) => chargeNanos))) : [];
  const items = facts.items.map(({ service, description: text, quantity, unitNanos }): Charge => {
    return { about: { kind: "item", service, text, quantity }, chargeNanos: unitNanos * BigInt(quantity) };
  });
  const { lines, carriedNanos } = setLines([...own, ...discounts, ...items], facts.carriedInNanos, currency);
  const netNanos = sumNanos(lines.map(({ amountNanos }) => amountNanos));
  const taxNanos = taxOf(tax, netNanos, currency);
  const taxLines = tax.treatment === "charged" ? [taxLine(tax, taxNanos)] : [];
  return {
    lines: [...lines, ...taxLines],
    totalNanos: netNanos + sumNanos(taxLines.map(({ amountNanos }) => amountNanos)),
    taxNanos,
    tax,
    carriedInNanos: facts.carriedInNanos,
    carriedOutNanos: carriedNanos,
    charges: {
      feeNanos: period?.feeNanos ?? 0n,
      addonNanos: sumOf(own, "addon"),
      itemNanos: sumOf(items, "item"),
      adjustmentNanos: sumOf(own, "usage") - (period?.usage.amountNanos ?? 0n),
      discountNanos: -sumOf(discounts, "discount"),
    },
  };
}

const sumOf = (charges: readonly Charge[], kind: LineAbout["kind"]): Nanos =>
  sumNanos(charges.filter(({ about }) => about.kind === kind).map(({ chargeNanos }) => chargeNanos));

function periodCharges(period: PeriodFacts): Charge[] {
  const { product, plan, feeNanos, feePart, components, used, late, usage, addons } = period;
  invariant(usage.units === answersIn(used), "a period's units are those of its usage events");
  invariant(usage.amountNanos === chargeOf(components, used), "the charges of a period are the price of its units");
  const fee: Charge = { about: { kind: "fee", product, plan, part: feePart }, chargeNanos: feeNanos };
  return [
    ...(feeNanos > 0n || components.length === 0 ? [fee] : []),
    ...addons.map(({ name, quantity, part, chargeNanos }): Charge => {
      return { about: { kind: "addon", name, quantity, part }, chargeNanos };
    }),
    ...components.map(({ unit, price }): Charge => {
      const [units, lateUnits] = [used[unit] ?? 0, late[unit] ?? 0];
      const freeUnits = freeIn(price, units);
      const about: LineAbout = { kind: "usage", product, plan, unit, units, lateUnits, freeUnits };
      return { about, chargeNanos: finalPriceOf(price, units) };
    }),
  ];
}

/** Each coupon takes its share of what the ones before it have left, and never more. */
function discountCharges({ coupons }: PeriodFacts, ownNanos: Nanos): Charge[] {
  let leftNanos = ownNanos;
  return coupons.flatMap(({ code, discount }): Charge[] => {
    const offNanos =
      discount.kind === "percent"
        ? mulDivTrunc(leftNanos, BigInt(discount.partsPerMillion), 1_000_000n)
        : discount.amountNanos < leftNanos
          ? discount.amountNanos
          : leftNanos;
    leftNanos -= offNanos;
    return offNanos === 0n ? [] : [{ about: { kind: "discount", code }, chargeNanos: -offNanos }];
  });
}

/**
 * The one rounding of a line; what it leaves over goes into the next line, and from the last one to the next invoice. A
 * charge is never below zero, a discount never above it, and never more than the lines before it.
 */
function setLines(charges: readonly Charge[], carriedInNanos: Nanos, currency: Currency) {
  let carriedNanos = carriedInNanos;
  let sumSoFar = 0n;
  const lines = charges.map(({ about, chargeNanos }): PlannedLine => {
    const exactNanos = chargeNanos + carriedNanos;
    const { rounded } = roundToMinorUnit(exactNanos, currency);
    const [lowest, highest] = about.kind === "discount" ? [-sumSoFar, 0n] : [0n, undefined];
    const amountNanos = rounded < lowest ? lowest : highest !== undefined && rounded > highest ? highest : rounded;
    carriedNanos = exactNanos - amountNanos;
    sumSoFar += amountNanos;
    return lineOf(about, exactNanos, amountNanos);
  });
  return { lines, carriedNanos };
}

function taxLine({ rate }: TaxDecision & { treatment: "charged" }, taxNanos: Nanos): PlannedLine {
  return lineOf({ kind: "tax", name: rate.name, partsPerMillion: rate.partsPerMillion }, taxNanos, taxNanos);
}

function lineOf(about: LineAbout, exactNanos: Nanos, amountNanos: Nanos): PlannedLine {
  const { unit, units, lateUnits } = about.kind === "usage" ? about : { unit: null, units: 0, lateUnits: 0 };
  const { kind } = about;
  return { kind, unit, description: describeLine(about, "en"), units, lateUnits, exactNanos, amountNanos, about };
}
