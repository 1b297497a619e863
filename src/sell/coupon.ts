import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Queries, type Steps, bulkStatement, query, queryOne, sql } from "../store/index.ts";
import { getCustomer } from "./customer.ts";
import { groupBy } from "./group.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import { getSubscription } from "./subscription.ts";
import type { CouponRow, SellTables } from "./tables.ts";
import { assertAmount, assertCurrency } from "./words.ts";

/** What a coupon takes off the fee, add-ons and usage of an invoice. */
export type Discount =
  | { readonly kind: "percent"; readonly partsPerMillion: number }
  | { readonly kind: "amount"; readonly amountNanos: Nanos; readonly currency: Currency };

export interface Coupon {
  readonly id: Id<"coupon">;
  /** In capitals; what people type. */
  readonly code: string;
  readonly discount: Discount;
  /** For how many periods; null for all. */
  readonly periods: number | null;
  readonly redemptionsMax: number | null;
  readonly redeemed: number;
  readonly expiresAtMs: number | null;
}

export interface NewCoupon {
  readonly code: string;
  readonly discount: Discount;
  readonly periods?: number | null;
  readonly redemptionsMax?: number | null;
  readonly expiresAtMs?: number | null;
  readonly nowMs: number;
}

export async function createCoupon(db: Queries, input: NewCoupon): Promise<Coupon> {
  const { discount, periods = null, redemptionsMax = null, expiresAtMs = null, nowMs } = input;
  const code = input.code.toUpperCase();
  if (!/^[A-Z0-9-]{3,40}$/.test(code)) throw refused("A code is 3 to 40 letters, digits or hyphens.", "code");
  assertDiscount(discount);
  for (const [count, param] of [
    [periods, "periods"],
    [redemptionsMax, "redemptions_max"],
  ] as const)
    if (count !== null && (!Number.isInteger(count) || count < 1 || count > 1e6))
      throw refused("This is a whole number from 1 to 1,000,000.", param);
  const [percent, amountNanos, currency] =
    discount.kind === "percent"
      ? [discount.partsPerMillion, null, null]
      : [null, discount.amountNanos, discount.currency];
  const row = await db.perform(
    queryOne<CouponRow>(sql`insert into coupons (id, code, currency, percent_ppm, amount_nanos, periods, redemptions_max,
        redeemed, expires_at_ms, created_at_ms)
      values (${newId("coupon", nowMs)}, ${code}, ${currency}, ${percent}, ${amountNanos}, ${periods}, ${redemptionsMax},
        0, ${expiresAtMs}, ${nowMs}) on conflict do nothing returning *`),
  );
  if (!row) throw new Refusal("conflict", `There is a coupon "${code}" already.`, { param: "code" });
  return toCoupon(row);
}

function assertDiscount(discount: Discount): void {
  if (discount.kind === "amount") {
    assertCurrency(discount.currency);
    return assertAmount(discount.amountNanos, "amount", 1n);
  }
  const { partsPerMillion } = discount;
  if (!Number.isInteger(partsPerMillion) || partsPerMillion < 1 || partsPerMillion > 1_000_000)
    throw refused("A discount is above 0 and at most 100 %, with at most four decimals.", "percent");
}

/** Puts a coupon on a subscription, once: from its oldest open period on. */
export async function redeemCoupon(
  db: Queries,
  input: { readonly code: string; readonly subscription: Id<"subscription">; readonly nowMs: number },
): Promise<Coupon> {
  const { subscription, nowMs } = input;
  const customer = await getCustomer(db, (await getSubscription(db, subscription)).customer);
  const code = input.code.toUpperCase();
  const row = await db.perform(queryOne<CouponRow>(sql`select * from coupons where code = ${code}`));
  if (!row) throw notFound("coupon", code);
  if (row.currency !== null && row.currency !== customer.currency)
    throw new Refusal("conflict", `The coupon is in ${row.currency}, the customer pays in ${customer.currency}.`);
  return toCoupon(await db.perform(redeem(row, subscription, nowMs)));
}

function* redeem(coupon: CouponRow, subscription: Id<"subscription">, nowMs: number): Steps<CouponRow> {
  const counted = yield* queryOne<CouponRow>(sql`update coupons set redeemed = redeemed + 1
    where id = ${coupon.id} and (redemptions_max is null or redeemed < redemptions_max)
      and (expires_at_ms is null or expires_at_ms > ${nowMs}) returning *`);
  if (!counted) throw new Refusal("conflict", "The coupon has expired or is used up.", { param: "code" });
  const fresh =
    yield* queryOne(sql`insert into coupon_redemptions (id, coupon, subscription, periods_left, redeemed_at_ms)
    values (${newId("redemption", nowMs)}, ${coupon.id}, ${subscription}, ${coupon.periods}, ${nowMs})
    on conflict do nothing returning id`);
  if (!fresh) throw new Refusal("conflict", "The subscription has this coupon already.", { param: "code" });
  return counted;
}

export async function listCoupons(db: Queries, ask: PageAsk = {}): Promise<Page<Coupon>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("coupons").selectAll();
  if (ask.before) found = found.where("id", "<", ask.before as Id<"coupon">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toCoupon,
  );
}

export interface Redeemed {
  readonly redemption: Id<"redemption">;
  readonly subscription: Id<"subscription">;
  readonly code: string;
  readonly discount: Discount;
}

/** The coupons that an invoice of this subscription gets, in the order in which they were redeemed. */
export function* couponsOn(
  subscriptions: readonly Id<"subscription">[],
): Steps<ReadonlyMap<Id<"subscription">, Redeemed[]>> {
  const rows = yield* query<RedemptionRow>(readRedeemed(subscriptions.map((id) => [id])));
  return groupBy(
    rows.map(({ redemption, subscription, ...row }) => {
      return { redemption, subscription, code: row.code, discount: discountOf(row) };
    }),
    ({ subscription }) => subscription,
  );
}

type RedemptionRow = CouponRow & { redemption: Id<"redemption">; subscription: Id<"subscription"> };

const redeemedIn = (subscription: string, from: string): string => `select c.*, r.id as redemption, r.subscription
  from ${from} coupons c on c.id = r.coupon
  where r.subscription = ${subscription} and (r.periods_left is null or r.periods_left > 0) order by r.id`;

const readRedeemed = bulkStatement(
  { id: "text" },
  {
    each: redeemedIn("?1", "coupon_redemptions r join"),
    all: redeemedIn("given.id", "given cross join coupon_redemptions r join"),
  },
);

/** One period less for each. */
export function* countDiscounted(redeemed: readonly Redeemed[]): Steps<void> {
  if (redeemed.length > 0) yield* query(countEach(redeemed.map(({ redemption }) => [redemption])));
}

const countEach = bulkStatement(
  { id: "text" },
  {
    each: "update coupon_redemptions set periods_left = periods_left - 1 where id = ?1 and periods_left is not null",
    all: `update coupon_redemptions set periods_left = periods_left - 1 from given
      where coupon_redemptions.id = given.id and periods_left is not null`,
  },
);

function discountOf(row: CouponRow): Discount {
  if (row.percent_ppm !== null) return { kind: "percent", partsPerMillion: row.percent_ppm };
  return { kind: "amount", amountNanos: row.amount_nanos ?? 0n, currency: row.currency ?? "usd" };
}

const toCoupon = (row: CouponRow): Coupon => ({
  id: row.id,
  code: row.code,
  discount: discountOf(row),
  periods: row.periods,
  redemptionsMax: row.redemptions_max,
  redeemed: row.redeemed,
  expiresAtMs: row.expires_at_ms,
});

const refused = (message: string, param: string): Refusal => new Refusal("invalid_request", message, { param });
