import { Refusal, must } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { assertTimeZone } from "./calendar.ts";
import { type Language, languages } from "./documents/view.ts";
import type { SellerRow } from "./tables.ts";
import { assertCountry, parseTaxId } from "./tax/tax-id.ts";
import { assertName } from "./words.ts";

/** Who issues the invoices, and by which rules. */
export interface Seller {
  /** Null: the `seller_name` of the settings. */
  readonly name: string | null;
  readonly address: readonly string[];
  /** ISO 3166; null charges no tax. */
  readonly country: string | null;
  readonly taxId: string | null;
  /** Other countries whose tax is charged. */
  readonly registeredIn: readonly string[];
  readonly pricesIncludeTax: boolean;
  /** The zone of the documents' days and of the year in their numbers. */
  readonly timeZone: string;
  readonly language: Language;
  /** Numbers are `SERIES-2026-000001`, credit notes' `SERIES-CN-2026-000001`. */
  readonly series: string;
  /** How long after its issue an invoice is to be paid. */
  readonly paymentDays: number;
  /** How to pay, as it is printed. */
  readonly terms: string | null;
  /** When a reminder is due, in days after the day it should have been paid; below zero, before. */
  readonly dunningDays: readonly number[];
}

export async function getSeller(db: Queries): Promise<Seller> {
  return toSeller(await db.perform(sellerRow()));
}

export function* sellerRow(): Steps<SellerRow> {
  return must(yield* queryOne<SellerRow>(sql`select * from seller where id = 1`), "there is a seller");
}

/** Changes what is given. Issued documents stay as they are. */
export async function changeSeller(db: Queries, change: Partial<Seller>): Promise<Seller> {
  const next: Seller = { ...(await getSeller(db)), ...change };
  assertSeller(next);
  const taxId = next.taxId === null || next.country === null ? null : await parseTaxId(next.country, next.taxId);
  await db.perform(
    query(sql`update seller set name = ${next.name}, address = ${JSON.stringify(next.address)}, country = ${next.country},
        tax_id = ${taxId}, registered_in = ${JSON.stringify(next.registeredIn)},
        prices_include_tax = ${next.pricesIncludeTax ? 1 : 0}, time_zone = ${next.timeZone}, language = ${next.language},
        series = ${next.series}, payment_days = ${next.paymentDays}, terms = ${next.terms},
        dunning_days = ${JSON.stringify(next.dunningDays)} where id = 1`),
  );
  return getSeller(db);
}

function assertSeller(seller: Seller): void {
  if (seller.name !== null) assertName(seller.name);
  assertAddress(seller.address);
  for (const country of [seller.country, ...seller.registeredIn]) if (country !== null) assertCountry(country);
  if (seller.taxId !== null && seller.country === null) throw refused("A tax id needs its country.", "country");
  assertTimeZone(seller.timeZone);
  assertLanguage(seller.language);
  if (!/^[A-Z0-9]{1,10}$/.test(seller.series)) throw refused("A series is 1 to 10 capitals or digits.", "series");
  if (!isBetween(seller.paymentDays, 0, limits.paymentDaysMax))
    throw refused(`Invoices are to be paid within 0 to ${limits.paymentDaysMax} days.`, "payment_days");
  const { dunningDays } = seller;
  const rising = dunningDays.every((day, at) => at === 0 || day > (dunningDays[at - 1] ?? day));
  if (dunningDays.length > limits.dunningStepsMax || !rising || !dunningDays.every((day) => isBetween(day, -60, 365)))
    throw refused(`Reminders are at most ${limits.dunningStepsMax} rising days from -60 to 365.`, "dunning_days");
}

export function assertAddress(lines: readonly string[]): void {
  if (lines.length <= limits.addressLinesMax && lines.every((line) => line !== "" && line.length <= 100)) return;
  throw refused(`An address is at most ${limits.addressLinesMax} lines of 1 to 100 characters.`, "address");
}

export function assertLanguage(language: string): asserts language is Language {
  if (!(languages as readonly string[]).includes(language))
    throw refused(`A language is one of ${languages.join(", ")}.`, "language");
}

const isBetween = (n: number, min: number, max: number): boolean => Number.isInteger(n) && n >= min && n <= max;
const refused = (message: string, param: string): Refusal => new Refusal("invalid_request", message, { param });

export const toSeller = (row: SellerRow): Seller => ({
  name: row.name,
  address: JSON.parse(row.address) as string[],
  country: row.country,
  taxId: row.tax_id,
  registeredIn: JSON.parse(row.registered_in) as string[],
  pricesIncludeTax: row.prices_include_tax === 1,
  timeZone: row.time_zone,
  language: row.language,
  series: row.series,
  paymentDays: row.payment_days,
  terms: row.terms,
  dunningDays: JSON.parse(row.dunning_days) as number[],
});
