import { Refusal } from "../../kernel/errors.ts";
import { type Currency, type Nanos, mulDivRound, roundToMinorUnit } from "../../kernel/money.ts";
import { type TaxRate, rateAt } from "./rates.ts";
import { union } from "./tax-id.ts";

/** Who sells, as far as tax is concerned. */
export interface TaxSeller {
  /** Null: the seller charges no tax. */
  readonly country: string | null;
  /** Other countries where the seller is registered and charges their tax. In the Union one registration serves all. */
  readonly registeredIn: readonly string[];
  readonly pricesInclude: boolean;
}

export interface TaxBuyer {
  readonly country: string | null;
  /** Checked when it was stored. */
  readonly taxId: string | null;
  readonly exempt: boolean;
}

/** What a document says of tax. */
export type TaxDecision =
  | { readonly treatment: "charged"; readonly rate: TaxRate }
  | { readonly treatment: "included"; readonly rate: TaxRate }
  | { readonly treatment: "reverse_charge" | "exempt" | "outside" | "none" };

export interface TaxAsk {
  readonly seller: TaxSeller;
  readonly buyer: TaxBuyer;
  /** The time of supply: the end of the period, or when the document is issued. */
  readonly atMs: number;
  /** The operator's own rates. */
  readonly rates: readonly TaxRate[];
}

/** The hook: pure, so that another set of rules can stand in its place. */
export type TaxRules = (ask: TaxAsk) => TaxDecision;

/**
 * The built-in rules for services: the tax of the seller's country at home; within the Union none between businesses
 * (reverse charge), and the buyer's rate for consumers where the seller is registered for it, otherwise the seller's;
 * abroad none, unless the seller is registered there.
 */
export const decideTax: TaxRules = ({ seller, buyer, atMs, rates }) => {
  const { country: home, registeredIn } = seller;
  if (home === null) return { treatment: "none" };
  if (buyer.exempt) return { treatment: "exempt" };
  const there = buyer.country ?? home;
  const charged = (country: string): TaxDecision => {
    const rate = rateAt(country, atMs, rates);
    if (!rate) throw unknownRate(country, atMs); // a missing rate is never zero
    return { treatment: seller.pricesInclude ? "included" : "charged", rate };
  };
  if (there === home) return charged(home);
  const registered = registeredIn.includes(there);
  if (union.has(home) && union.has(there)) {
    if (buyer.taxId !== null) return { treatment: "reverse_charge" };
    return charged(registered || registeredIn.some((country) => union.has(country)) ? there : home);
  }
  return registered ? charged(there) : { treatment: "outside" };
};

const unknownRate = (country: string, atMs: number): Refusal =>
  new Refusal("conflict", `No tax rate of ${country} is known for ${new Date(atMs).toISOString().slice(0, 10)}.`, {
    param: "country",
    hint: "Add it: millrace tax rate add",
  });

/** The tax of a document, in whole coins: of a net amount on top, or of a gross amount within. Rounded once. */
export function taxOf(decision: TaxDecision, amountNanos: Nanos, currency: Currency): Nanos {
  if (decision.treatment !== "charged" && decision.treatment !== "included") return 0n;
  const parts = BigInt(decision.rate.partsPerMillion);
  const whole = decision.treatment === "charged" ? 1_000_000n : 1_000_000n + parts;
  return roundToMinorUnit(mulDivRound(amountNanos, parts, whole), currency).rounded;
}
