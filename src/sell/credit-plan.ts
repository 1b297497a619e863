import { allocate } from "../kernel/allocate.ts";
import { Refusal } from "../kernel/errors.ts";
import {
  type Currency,
  type Nanos,
  formatAmount,
  mulDivRound,
  nanosPerMinorUnit,
  roundToMinorUnit,
  sumNanos,
} from "../kernel/money.ts";
import type { CreditedAbout, LineAbout } from "./documents/view.ts";
import { describeLine } from "./documents/words.ts";
import type { Invoice } from "./invoice.ts";
import type { PlannedLine } from "./invoice-plan.ts";

/*
 * What a credit note over a part of an invoice takes back: pure. Amounts are above zero here; the document has them below.
 */

/** All that is left when neither is given. */
export interface CreditPart {
  /** In all, with its tax. */
  readonly amountNanos?: Nanos;
  /** Of lines, as they stand on the invoice; tax that is charged on top comes with them in proportion. */
  readonly lines?: readonly { readonly position: number; readonly amountNanos: Nanos }[];
}

export interface CreditedLine {
  readonly position: number;
  readonly about: CreditedAbout;
  readonly amountNanos: Nanos;
}

export interface CreditPlan {
  readonly lines: readonly CreditedLine[];
  readonly taxNanos: Nanos;
  /** What the customer gets back. */
  readonly totalNanos: Nanos;
}

/** What the credit notes before it have left of an invoice. */
interface Left {
  readonly totalNanos: Nanos;
  readonly taxNanos: Nanos;
  /** Of the lines, before tax on top. */
  readonly netNanos: Nanos;
  readonly lines: readonly CreditedLine[];
}

export function leftOf(invoice: Invoice, notes: readonly Invoice[]): Left {
  const totalNanos = invoice.totalNanos + sumNanos(notes.map((note) => note.totalNanos));
  const taxNanos = invoice.taxNanos + sumNanos(notes.map((note) => note.taxNanos));
  const credited = notes.flatMap((note) => note.lines);
  const lines = invoice.lines.flatMap(({ about, amountNanos }, position): CreditedLine[] => {
    if (about === null || amountNanos <= 0n || !isCredited(about)) return [];
    const before = credited.filter((line) => line.about?.kind === "credit" && line.about.position === position);
    return [{ position, about, amountNanos: amountNanos + sumNanos(before.map((line) => line.amountNanos)) }];
  });
  const netNanos = invoice.tax.treatment === "charged" ? totalNanos - taxNanos : totalNanos;
  return { totalNanos, taxNanos, netNanos, lines };
}

/** Tax follows its lines; a discount is what makes them cheaper. */
const isCredited = (about: LineAbout): about is CreditedAbout =>
  about.kind !== "tax" && about.kind !== "discount" && about.kind !== "credit";

/** Never more than is left, in whole coins; all parts together are exactly the invoice. */
export function planCredit(invoice: Invoice, left: Left, part: CreditPart): CreditPlan {
  if (part.amountNanos !== undefined && part.lines)
    throw new Refusal("invalid_request", "Credit an amount or lines, not both.", { param: "amount" });
  return part.lines
    ? planLines(invoice, left, part.lines)
    : planAmount(invoice, left, part.amountNanos ?? left.totalNanos);
}

function planAmount({ currency, tax }: Invoice, left: Left, totalNanos: Nanos): CreditPlan {
  assertCoins(totalNanos, currency, "amount");
  if (totalNanos > left.totalNanos) throw tooMuch(left.totalNanos, currency, "amount");
  const inProportion = coins(mulDivRound(totalNanos, left.taxNanos, left.totalNanos), currency);
  const netMissing = totalNanos - left.netNanos; // above zero when the lines alone would not reach it
  const onTop = tax.treatment === "charged";
  const least = onTop && netMissing > 0n ? netMissing : 0n;
  const taxNanos = between(inProportion, least, left.taxNanos < totalNanos ? left.taxNanos : totalNanos);
  const netNanos = onTop ? totalNanos - taxNanos : totalNanos;
  return { lines: spread(netNanos, left.lines, currency), taxNanos, totalNanos };
}

/** Over the lines in proportion to what is left of them, in whole coins. */
function spread(netNanos: Nanos, lines: readonly CreditedLine[], currency: Currency): CreditedLine[] {
  if (netNanos === 0n) return [];
  if (sumNanos(lines.map(({ amountNanos }) => amountNanos)) < netNanos)
    throw new Refusal("conflict", "This invoice is older than its lines' details: credit it whole.");
  const coin = nanosPerMinorUnit[currency];
  const parts = allocate(
    netNanos / coin,
    lines.map(({ amountNanos }) => amountNanos / coin),
  );
  return lines.flatMap((line, at) => {
    const amountNanos = (parts[at] ?? 0n) * coin;
    return amountNanos === 0n ? [] : [Object.assign({}, line, { amountNanos })];
  });
}

function planLines(
  { currency, tax }: Invoice,
  left: Left,
  asked: readonly { readonly position: number; readonly amountNanos: Nanos }[],
): CreditPlan {
  if (asked.length === 0) throw new Refusal("invalid_request", "Name a line, or an amount.", { param: "lines" });
  const lines = asked.map(({ position, amountNanos }, at) => {
    const line = left.lines.find((one) => one.position === position);
    const twice = asked.findIndex((one) => one.position === position) < at;
    if (!line || twice)
      throw new Refusal("invalid_request", `Line ${position} ${twice ? "is named twice" : "cannot be credited"}.`, {
        param: `lines.${at}.position`,
        hint: "Lines are counted from 0; tax and discounts follow the others.",
      });
    assertCoins(amountNanos, currency, `lines.${at}.amount`);
    if (amountNanos > line.amountNanos) throw tooMuch(line.amountNanos, currency, `lines.${at}.amount`);
    return Object.assign({}, line, { amountNanos });
  });
  const netNanos = sumNanos(lines.map(({ amountNanos }) => amountNanos));
  if (netNanos > left.netNanos) throw tooMuch(left.netNanos, currency, "lines");
  const taxNanos = coins(mulDivRound(left.taxNanos, netNanos, left.netNanos), currency);
  return { lines, taxNanos, totalNanos: tax.treatment === "charged" ? netNanos + taxNanos : netNanos };
}

const coins = (nanos: Nanos, currency: Currency): Nanos => roundToMinorUnit(nanos, currency).rounded;

const between = (nanos: Nanos, least: Nanos, most: Nanos): Nanos =>
  nanos < least ? least : nanos > most ? most : nanos;

function assertCoins(nanos: Nanos, currency: Currency, param: string): void {
  if (nanos > 0n && coins(nanos, currency) === nanos) return;
  throw new Refusal("invalid_request", "What is credited is above zero, in whole coins.", { param });
}

function tooMuch(leftNanos: Nanos, currency: Currency, param: string): Refusal {
  const text = `Only ${formatAmount(leftNanos)} ${currency.toUpperCase()} is left to credit.`;
  return new Refusal("conflict", text, { param });
}

/** The lines as the document has them, with the tax that is on top. */
export function creditLines({ tax }: Invoice, { lines, taxNanos }: CreditPlan): PlannedLine[] {
  const credited = lines.map(({ position, about, amountNanos }): [LineAbout, Nanos] => {
    return [{ kind: "credit", position, of: about }, amountNanos];
  });
  const onTop: [LineAbout, Nanos][] =
    tax.treatment === "charged" && taxNanos > 0n
      ? [[{ kind: "tax", name: tax.rate.name, partsPerMillion: tax.rate.partsPerMillion }, taxNanos]]
      : [];
  return [...credited, ...onTop].map(([about, nanos]) => lineFor(about, -nanos));
}

function lineFor(about: LineAbout, amountNanos: Nanos): PlannedLine {
  const { kind } = about;
  const description = describeLine(about, "en");
  return { kind, unit: null, description, units: 0, lateUnits: 0, exactNanos: amountNanos, amountNanos, about };
}
