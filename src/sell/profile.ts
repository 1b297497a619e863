import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { getCustomer } from "./customer.ts";
import type { Language } from "./documents/view.ts";
import { assertAddress, assertLanguage } from "./seller.ts";
import type { BillingProfileRow } from "./tables.ts";
import { assertCountry, parseTaxId } from "./tax/tax-id.ts";
import { assertName } from "./words.ts";

/** How a customer stands on an invoice, and which tax it pays. */
export interface BillingProfile {
  /** Null: the customer's name. */
  readonly legalName: string | null;
  readonly address: readonly string[];
  readonly email: string | null;
  readonly country: string | null;
  /** Its form and check digit were right when it was stored. */
  readonly taxId: string | null;
  readonly exempt: boolean;
  /** Null: the seller's. */
  readonly language: Language | null;
}

const empty: BillingProfile = {
  legalName: null,
  address: [],
  email: null,
  country: null,
  taxId: null,
  exempt: false,
  language: null,
};

export async function getBillingProfile(db: Queries, customer: Id<"customer">): Promise<BillingProfile> {
  await getCustomer(db, customer);
  return db.perform(profileOf(customer));
}

export function* profileOf(customer: Id<"customer">): Steps<BillingProfile> {
  const row = yield* queryOne<BillingProfileRow>(sql`select * from billing_profiles where customer = ${customer}`);
  return toProfile(row);
}

/** What is known of who is billed; nothing, when nobody has said anything. */
export function toProfile(row: BillingProfileRow | undefined): BillingProfile {
  if (!row) return empty;
  return {
    legalName: row.legal_name,
    address: JSON.parse(row.address) as string[],
    email: row.email,
    country: row.country,
    taxId: row.tax_id,
    exempt: row.exempt === 1,
    language: row.language,
  };
}

/** Changes what is given. Issued documents stay as they are. */
export async function changeBillingProfile(
  db: Queries,
  customer: Id<"customer">,
  change: Partial<BillingProfile>,
): Promise<BillingProfile> {
  const next: BillingProfile = { ...(await getBillingProfile(db, customer)), ...change };
  if (next.legalName !== null) assertName(next.legalName, "legal_name");
  assertAddress(next.address);
  if (next.email !== null && !/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(next.email))
    throw new Refusal("invalid_request", "This is not a mail address.", { param: "email" });
  if (next.country !== null) assertCountry(next.country);
  if (next.language !== null) assertLanguage(next.language);
  if (next.taxId !== null && next.country === null)
    throw new Refusal("invalid_request", "A tax id needs its country.", { param: "country" });
  const taxId = next.taxId === null || next.country === null ? null : await parseTaxId(next.country, next.taxId);
  await db.perform(
    query(sql`insert into billing_profiles (customer, legal_name, address, email, country, tax_id, exempt, language)
      values (${customer}, ${next.legalName}, ${JSON.stringify(next.address)}, ${next.email}, ${next.country}, ${taxId},
        ${next.exempt ? 1 : 0}, ${next.language})
      on conflict (customer) do update set legal_name = excluded.legal_name, address = excluded.address,
        email = excluded.email, country = excluded.country, tax_id = excluded.tax_id, exempt = excluded.exempt,
        language = excluded.language`),
  );
  return getBillingProfile(db, customer);
}
