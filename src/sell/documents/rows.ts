import { sumNanos } from "../../kernel/money.ts";
import type { DocumentView, Language } from "./view.ts";
import { type Label, dateText, describeLine, describeStep, labelOf, moneyText, noteOf, titleOf } from "./words.ts";

/** A document as rows of text, which HTML and PDF only set. */
export interface DocumentRows {
  readonly title: string;
  readonly seller: readonly string[];
  readonly buyer: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly head: readonly [what: string, amount: string];
  readonly lines: readonly { readonly text: string; readonly steps: readonly string[]; readonly amount: string }[];
  readonly totals: readonly { readonly label: string; readonly amount: string; readonly strong: boolean }[];
  readonly notes: readonly string[];
}

export function rowsOf(view: DocumentView, language: Language): DocumentRows {
  const label = (of: Label): string => labelOf(of, language);
  const money = (nanos: bigint): string => moneyText(nanos, view.currency);
  const party = ({ name, address, taxId }: DocumentView["seller"]): string[] => [
    name,
    ...address,
    ...(taxId === null ? [] : [`${label("taxId")}: ${taxId}`]),
  ];
  return {
    title: `${titleOf(view.kind, language)}${view.number === "" ? "" : ` ${view.number}`}`,
    seller: party(view.seller),
    buyer: party(view.buyer),
    facts: factsOf(view, language),
    head: [label("what"), label("amount")],
    lines: view.lines.map(({ about, steps, amountNanos }) => ({
      text: describeLine(about, language),
      steps: (steps.length > 1 ? steps : []).map((step) => {
        return `${describeStep(step, language, view.currency)} = ${money(step.amountNanos)}`;
      }),
      amount: money(amountNanos),
    })),
    totals: totalsOf(view, language),
    notes: notesOf(view, language),
  };
}

function factsOf(view: DocumentView, language: Language): [string, string][] {
  const date = (ms: number): string => dateText(ms, view.timeZone, language);
  const facts: [Label, string | null][] = [
    ["issued", date(view.issuedAtMs)],
    ["payBy", view.payByMs === null ? null : date(view.payByMs)],
    ["period", view.period && `${date(view.period.startMs)} – ${date(view.period.endMs - 1)}`],
    ["credits", view.credits],
    ["reason", view.reason],
  ];
  return facts.flatMap(([label, value]): [string, string][] =>
    value === null ? [] : [[labelOf(label, language), value]],
  );
}

function totalsOf(view: DocumentView, language: Language): DocumentRows["totals"] {
  const { totalNanos, dueNanos, lines, tax } = view;
  const row = (of: Label, nanos: bigint, strong = false) => ({
    label: labelOf(of, language),
    amount: moneyText(nanos, view.currency),
    strong,
  });
  const taxed = lines.some(({ about }) => about.kind === "tax");
  const untaxed = lines.filter(({ about }) => about.kind !== "tax").map(({ amountNanos }) => amountNanos);
  const paidNanos = totalNanos - dueNanos;
  return [
    ...(taxed ? [row("net", sumNanos(untaxed))] : []),
    row("total", totalNanos, true),
    ...(tax.note === "included" ? [row("includedTax", tax.amountNanos)] : []),
    ...(paidNanos === 0n ? [] : [row(view.kind === "credit_note" ? "backToBalance" : "paidFromBalance", -paidNanos)]),
    row("due", dueNanos, true),
  ];
}

function notesOf(view: DocumentView, language: Language): string[] {
  const carried =
    view.carriedOutNanos === 0n || view.kind === "credit_note"
      ? ""
      : `${labelOf("carried", language)}: ${moneyText(view.carriedOutNanos, view.currency)}`;
  const terms = view.terms === null ? "" : `${labelOf("terms", language)}: ${view.terms}`;
  return [noteOf(view.tax.note, language), carried, terms].filter((note) => note !== "");
}
