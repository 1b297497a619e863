import { Refusal } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../../store/index.ts";
import type { TaxRateRow } from "../tables.ts";
import { assertName } from "../words.ts";
import type { TaxRate } from "./rates.ts";
import { assertCountry } from "./tax-id.ts";

/** A rate of the operator: from its day on it stands in place of the built-in one. */
export interface OwnTaxRate extends TaxRate {
  readonly id: Id<"taxRate">;
}

export async function addTaxRate(db: Queries, rate: TaxRate & { readonly nowMs: number }): Promise<OwnTaxRate> {
  assertCountry(rate.country);
  assertName(rate.name);
  if (!Number.isSafeInteger(rate.partsPerMillion) || rate.partsPerMillion < 0 || rate.partsPerMillion > 1_000_000)
    throw new Refusal("invalid_request", "A tax rate is between 0 and 100 % with at most four decimals.", {
      param: "percent",
    });
  const row = await db.perform(
    queryOne<TaxRateRow>(sql`insert into tax_rates (id, country, name, parts_per_million, from_ms, created_at_ms)
      values (${newId("taxRate", rate.nowMs)}, ${rate.country}, ${rate.name}, ${rate.partsPerMillion}, ${rate.fromMs},
        ${rate.nowMs}) on conflict do nothing returning *`),
  );
  if (!row)
    throw new Refusal("conflict", `${rate.country} has a rate from this instant already.`, { param: "from_ms" });
  return toRate(row);
}

export async function listTaxRates(db: Queries): Promise<OwnTaxRate[]> {
  return db.perform(ownRates());
}

export function* ownRates(): Steps<OwnTaxRate[]> {
  return (yield* query<TaxRateRow>(sql`select * from tax_rates order by country, from_ms`)).map(toRate);
}

const toRate = (row: TaxRateRow): OwnTaxRate => ({
  id: row.id,
  country: row.country,
  name: row.name,
  partsPerMillion: row.parts_per_million,
  fromMs: row.from_ms,
});
