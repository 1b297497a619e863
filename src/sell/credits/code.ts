import { dayMs } from "../../kernel/clock.ts";
import { Refusal, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import { type Queries, type Steps, queryOne, sql } from "../../store/index.ts";
import { getCustomer } from "../customer.ts";
import type { CreditCodeRow, CreditGrantRow } from "../tables-paid.ts";
import { assertAmount, assertCurrency } from "../words.ts";
import { type CreditGrant, insertGranted, toGrant } from "./grant.ts";

export interface NewCreditCode {
  readonly code: string;
  readonly amountNanos: Nanos;
  readonly currency: Currency;
  /** How long the credit lives after it is redeemed; null for ever. */
  readonly validDays?: number | null;
  readonly redemptionsMax?: number | null;
  readonly expiresAtMs?: number | null;
  readonly nowMs: number;
}

/** A code that a prepaid customer turns into credit, once. */
export async function createCreditCode(db: Queries, input: NewCreditCode): Promise<{ readonly code: string }> {
  const { amountNanos, currency, validDays = null, redemptionsMax = null, expiresAtMs = null, nowMs } = input;
  const code = input.code.toUpperCase();
  if (!/^[A-Z0-9-]{6,40}$/.test(code))
    throw new Refusal("invalid_request", "A code is 6 to 40 letters, digits or hyphens.", { param: "code" });
  assertAmount(amountNanos, "amount", 1n);
  assertCurrency(currency);
  for (const count of [validDays, redemptionsMax])
    if (count !== null && (!Number.isInteger(count) || count < 1 || count > 1e6))
      throw new Refusal("invalid_request", "Days and redemptions are whole numbers from 1.", { param: "valid_days" });
  const row = await db.perform(
    queryOne(sql`insert into credit_codes
        (id, code, currency, amount_nanos, valid_days, redemptions_max, redeemed, expires_at_ms, created_at_ms)
      values (${newId("coupon", nowMs)}, ${code}, ${currency}, ${amountNanos}, ${validDays}, ${redemptionsMax}, 0,
        ${expiresAtMs}, ${nowMs}) on conflict do nothing returning id`),
  );
  if (!row) throw new Refusal("conflict", `There is a code "${code}" already.`, { param: "code" });
  return { code };
}

export async function redeemCreditCode(
  db: Queries,
  input: { readonly customer: Id<"customer">; readonly code: string; readonly nowMs: number },
): Promise<CreditGrant> {
  const customer = await getCustomer(db, input.customer);
  if (customer.terms !== "prepaid") throw new Refusal("conflict", "A postpaid customer pays by invoice.");
  const code = input.code.toUpperCase();
  const known = await db.perform(queryOne<CreditCodeRow>(sql`select * from credit_codes where code = ${code}`));
  if (!known) throw notFound("code", code);
  if (known.currency !== customer.currency)
    throw new Refusal("conflict", `The code is in ${known.currency}, the customer pays in ${customer.currency}.`);
  return toGrant(db, await db.perform(redeem(known, customer.id, input.nowMs)));
}

function* redeem(known: CreditCodeRow, customer: Id<"customer">, nowMs: number): Steps<CreditGrantRow> {
  const counted = yield* queryOne(sql`update credit_codes set redeemed = redeemed + 1
    where id = ${known.id} and (redemptions_max is null or redeemed < redemptions_max)
      and (expires_at_ms is null or expires_at_ms > ${nowMs}) returning id`);
  if (!counted) throw new Refusal("conflict", "The code has expired or is used up.", { param: "code" });
  const fresh = yield* queryOne(sql`insert into credit_code_uses (code, customer) values (${known.id}, ${customer})
    on conflict do nothing returning code`);
  if (!fresh) throw new Refusal("conflict", "The customer has used this code already.", { param: "code" });
  return yield* insertGranted({
    customer,
    amountNanos: known.amount_nanos,
    source: `code ${known.code}`,
    expiresAtMs: known.valid_days === null ? null : nowMs + known.valid_days * dayMs,
    nowMs,
  });
}
