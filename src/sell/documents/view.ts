import type { Currency, Nanos } from "../../kernel/money.ts";
import type { PriceStep } from "../prices/rules.ts";
import type { MeteredUnit } from "../units.ts";

/** What a document is written in. */
export type Language = "en" | "zh";
export const languages: readonly Language[] = ["en", "zh"];

/** What a line is about, in no language: words are found when it is shown. */
export type LineAbout =
  | { readonly kind: "fee"; readonly product: string; readonly plan: string; readonly part: Part | null }
  | {
      readonly kind: "usage";
      readonly product: string;
      readonly plan: string;
      readonly unit: MeteredUnit;
      readonly units: number;
      /** Of them, those of before the period. */
      readonly lateUnits: number;
      /** Of them, those an allowance made free; null when there is none. */
      readonly freeUnits: number | null;
    }
  | { readonly kind: "addon"; readonly name: string; readonly quantity: number; readonly part: Part | null }
  | { readonly kind: "item"; readonly service: Service; readonly text: string; readonly quantity: number }
  | { readonly kind: "discount"; readonly code: string }
  | { readonly kind: "tax"; readonly name: string; readonly partsPerMillion: number }
  /** Of a credit note over a part: of the invoice's line at this position. */
  | { readonly kind: "credit"; readonly position: number; readonly of: CreditedAbout };

/** What can be credited alone: tax and discounts follow it. */
export type CreditedAbout = Extract<LineAbout, { readonly kind: "fee" | "usage" | "addon" | "item" }>;

/** How much of the regular period a fee is for. */
export interface Part {
  readonly partMs: number;
  readonly wholeMs: number;
}

/** What people do for a customer, or hand over, beside the API. */
export type Service = "dataset_licence" | "labelling" | "project" | "course" | "other";

export interface DocumentLine {
  readonly about: LineAbout;
  readonly amountNanos: Nanos;
  readonly steps: readonly PriceStep[];
}

/** Name, address and tax id as they are printed. */
export interface DocumentParty {
  readonly name: string;
  readonly address: readonly string[];
  readonly taxId: string | null;
}

/** Why a document has no tax, or what its tax is. */
export type TaxNote = "charged" | "included" | "reverse_charge" | "exempt" | "outside" | "none";

export interface DocumentView {
  readonly kind: "invoice" | "credit_note" | "draft";
  readonly number: string;
  readonly issuedAtMs: number;
  readonly payByMs: number | null;
  readonly seller: DocumentParty;
  readonly buyer: DocumentParty;
  readonly period: { readonly startMs: number; readonly endMs: number } | null;
  readonly timeZone: string;
  readonly currency: Currency;
  readonly lines: readonly DocumentLine[];
  readonly tax: { readonly note: TaxNote; readonly amountNanos: Nanos };
  readonly totalNanos: Nanos;
  readonly dueNanos: Nanos;
  /** Less than a coin, for the next invoice. */
  readonly carriedOutNanos: Nanos;
  /** Of a credit note: what it takes back, and why. */
  readonly credits: string | null;
  readonly reason: string | null;
  /** How to pay, in the seller's words. */
  readonly terms: string | null;
}
