import { invariant } from "../kernel/errors.ts";
import { type Currency, type Nanos, roundToMinorUnit, sumNanos } from "../kernel/money.ts";
import { type Price, describeUnits, priceOf } from "./price.ts";

/** All that an invoice is made of. */
export interface PeriodFacts {
  readonly currency: Currency;
  readonly product: string;
  readonly plan: string;
  readonly feeNanos: Nanos;
  readonly price: Price;
  readonly usedUnits: number;
  /** Of the used ones, those of an earlier period. */
  readonly lateUnits: number;
  /** The sums over the period's usage events. */
  readonly usage: { readonly units: number; readonly amountNanos: Nanos };
  /** What rounding left over on the subscription's last invoice: above zero it is still to be invoiced. */
  readonly carriedInNanos: Nanos;
}

export interface PlannedLine {
  readonly kind: "fee" | "usage";
  readonly description: string;
  readonly units: number;
  readonly lateUnits: number;
  /** Before rounding, with what the line before it, or the invoice before, has left over. */
  readonly exactNanos: Nanos;
  readonly amountNanos: Nanos;
}

export interface InvoicePlan {
  readonly lines: readonly PlannedLine[];
  readonly totalNanos: Nanos;
  readonly carriedInNanos: Nanos;
  readonly carriedOutNanos: Nanos;
}

/** What the invoice of a period says. total = fee + usage + carried in − carried out. */
export function planInvoice(facts: PeriodFacts): InvoicePlan {
  invariant(facts.usage.units === facts.usedUnits, "a period's units are those of its usage events");
  invariant(
    facts.usage.amountNanos === priceOf(facts.price, facts.usedUnits),
    "the charges of a period are the price of its units",
  );
  const charges = [
    { ...ofFee(facts), chargeNanos: facts.feeNanos },
    { ...ofUsage(facts), chargeNanos: facts.usage.amountNanos },
  ].filter(({ kind, chargeNanos }) => kind === "usage" || chargeNanos > 0n);
  let carriedNanos = facts.carriedInNanos;
  const lines = charges.map(({ chargeNanos, ...line }): PlannedLine => {
    const exactNanos = chargeNanos + carriedNanos;
    const amountNanos = roundLine(exactNanos, facts.currency);
    carriedNanos = exactNanos - amountNanos;
    return Object.assign(line, { exactNanos, amountNanos });
  });
  const totalNanos = sumNanos(lines.map((line) => line.amountNanos));
  return { lines, totalNanos, carriedInNanos: facts.carriedInNanos, carriedOutNanos: carriedNanos };
}

const ofFee = ({ product, plan }: PeriodFacts) =>
  ({ kind: "fee", description: `${product}, ${plan}: fee`, units: 0, lateUnits: 0 }) as const;

function ofUsage({ product, plan, price, usedUnits, lateUnits }: PeriodFacts) {
  const late = lateUnits > 0 ? ` (${lateUnits.toLocaleString("en-US")} from before this period)` : "";
  const description = `${product}, ${plan}: ${describeUnits(price, usedUnits)}${late}`;
  return { kind: "usage", description, units: usedUnits, lateUnits } as const;
}

/**
 * The one rounding of a line; what it leaves over goes into the next line, and from the last one to the next invoice, so
 * it never exceeds half a coin. A line is never below zero: a credit of less than a coin waits.
 */
function roundLine(exactNanos: Nanos, currency: Currency): Nanos {
  return exactNanos < 0n ? 0n : roundToMinorUnit(exactNanos, currency).rounded;
}
