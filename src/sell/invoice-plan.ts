import { invariant } from "../kernel/errors.ts";
import { type Currency, type Nanos, roundToMinorUnit, sumNanos } from "../kernel/money.ts";
import { type Component, chargeOf } from "./component.ts";
import { describeUnits, priceOf } from "./price.ts";
import { type MeteredUnit, type Quantities, answersIn, wordsOf } from "./units.ts";

/** All that an invoice is made of. */
export interface PeriodFacts {
  readonly currency: Currency;
  readonly product: string;
  readonly plan: string;
  readonly feeNanos: Nanos;
  readonly components: readonly Component[];
  readonly used: Quantities;
  /** Of the used ones, those of an earlier period. */
  readonly late: Quantities;
  /** The sums over the period's usage events. */
  readonly usage: { readonly units: number; readonly amountNanos: Nanos };
  /** What rounding left over on the subscription's last invoice: above zero it is still to be invoiced. */
  readonly carriedInNanos: Nanos;
}

export interface PlannedLine {
  readonly kind: "fee" | "usage";
  /** What was counted; null of a fee. */
  readonly unit: MeteredUnit | null;
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

/** What the invoice of a period says: the fee, and one line for each component. total = fee + usage + carried in − carried out. */
export function planInvoice(facts: PeriodFacts): InvoicePlan {
  invariant(facts.usage.units === answersIn(facts.used), "a period's units are those of its usage events");
  invariant(
    facts.usage.amountNanos === chargeOf(facts.components, facts.used),
    "the charges of a period are the price of its units",
  );
  const charges = [
    { ...ofFee(facts), chargeNanos: facts.feeNanos },
    ...facts.components.map((component) => {
      const chargeNanos = priceOf(component.price, facts.used[component.unit] ?? 0);
      return { ...ofUsage(facts, component), chargeNanos };
    }),
  ].filter(({ kind, chargeNanos }) => kind === "usage" || chargeNanos > 0n || facts.components.length === 0);
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

type About = Pick<PlannedLine, "kind" | "unit" | "description" | "units" | "lateUnits">;

const ofFee = ({ product, plan }: PeriodFacts): About => ({
  kind: "fee",
  unit: null,
  description: `${product}, ${plan}: fee`,
  units: 0,
  lateUnits: 0,
});

function ofUsage({ product, plan, used, late }: PeriodFacts, { unit, price }: Component): About {
  const [units, lateUnits] = [used[unit] ?? 0, late[unit] ?? 0];
  const before = lateUnits > 0 ? ` (${lateUnits.toLocaleString("en-US")} from before this period)` : "";
  const description = `${product}, ${plan}: ${describeUnits(price, units, wordsOf(unit))}${before}`;
  return { kind: "usage", unit, description, units, lateUnits };
}

/**
 * The one rounding of a line; what it leaves over goes into the next line, and from the last one to the next invoice, so
 * it never exceeds half a coin. A line is never below zero: a credit of less than a coin waits.
 */
function roundLine(exactNanos: Nanos, currency: Currency): Nanos {
  return exactNanos < 0n ? 0n : roundToMinorUnit(exactNanos, currency).rounded;
}
