import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type Steps, queryOne, sql } from "../store/index.ts";
import { addonCharges } from "./addon.ts";
import { parseComponents } from "./component.ts";
import { countersOf } from "./counters.ts";
import { type Redeemed, couponsOn } from "./coupon.ts";
import { type InvoiceFacts, type PeriodFacts } from "./invoice-plan.ts";
import { type UsageShareRow, usageShares } from "./issue.ts";
import { pendingItems } from "./item.ts";
import { profileOf } from "./profile.ts";
import { sellerRow, toSeller } from "./seller.ts";
import { subscriptionRow } from "./subscription.ts";
import type { CustomerRow, InvoiceItemRow, PeriodRow, SellerRow, SubscriptionRow } from "./tables.ts";
import { decideTax } from "./tax/decide.ts";
import { ownRates } from "./tax/own-rates.ts";
import type { Quantities } from "./units.ts";

/** What any invoice of a customer needs beside its charges. */
export interface GatheredParties {
  readonly customer: CustomerRow;
  readonly seller: SellerRow;
  /** Seller and buyer as they are printed; kept with the document, which never changes. */
  readonly parties: string;
}

export interface GatheredPeriod extends GatheredParties {
  readonly subscription: SubscriptionRow;
  readonly period: PeriodRow;
  readonly held: Quantities;
  readonly shares: readonly UsageShareRow[];
  readonly itemRows: readonly InvoiceItemRow[];
  readonly redeemed: readonly Redeemed[];
  readonly facts: InvoiceFacts;
}

/**
 * Reads the oldest open period of a subscription whole; it is locked first, as whoever counts in it does, so nothing
 * changes until the unit ends. Undefined when the subscription has ended and all is invoiced.
 */
export function* gatherPeriod(id: Id<"subscription">, itemsBeforeMs?: number): Steps<GatheredPeriod | undefined> {
  const subscription = yield* subscriptionRow(id);
  const period = yield* queryOne<PeriodRow>(
    sql`update usage_periods set state = state
      where subscription = ${id} and ordinal = ${subscription.next_ordinal} returning *`,
  );
  if (!period) return undefined;
  const { used, held, late } = yield* countersOf(period.id);
  const shares = yield* usageShares(period.id);
  const redeemed = period.trial === 1 ? [] : yield* couponsOn(id);
  const itemRows = yield* pendingItems(subscription.customer, itemsBeforeMs ?? period.end_ms);
  const periodFacts: PeriodFacts = {
    ...(yield* namesOf(period.plan)),
    feeNanos: period.fee_nanos,
    feePart: partOfFee(period),
    components: parseComponents(period.components),
    used,
    late,
    usage: {
      units: shares.reduce((sum, share) => sum + share.units, 0),
      amountNanos: sumNanos(shares.map((share) => share.amount_nanos)),
    },
    addons: yield* addonCharges(period),
    coupons: redeemed,
  };
  const { facts, ...parties } = yield* gatherFacts(subscription.customer, itemRows, period.end_ms - 1);
  const carriedInNanos = yield* carriedInto(subscription);
  return {
    ...parties,
    subscription,
    period,
    held,
    shares,
    itemRows,
    redeemed,
    facts: { ...facts, period: periodFacts, carriedInNanos },
  };
}

/** The same for an invoice of items alone. */
export function* gatherFacts(
  id: Id<"customer">,
  items: readonly InvoiceItemRow[],
  supplyAtMs: number,
): Steps<GatheredParties & { readonly facts: InvoiceFacts }> {
  const customer = must(
    yield* queryOne<CustomerRow>(sql`select * from customers where id = ${id}`),
    "a subscription has a customer",
  );
  const profile = yield* profileOf(id);
  const seller = yield* sellerRow();
  const of = toSeller(seller);
  const tax = decideTax({
    seller: { country: of.country, registeredIn: of.registeredIn, pricesInclude: of.pricesIncludeTax },
    buyer: profile,
    atMs: supplyAtMs,
    rates: of.country === null ? [] : yield* ownRates(),
  });
  const parties = JSON.stringify({
    seller: { name: of.name, address: of.address, taxId: of.taxId, timeZone: of.timeZone, terms: of.terms },
    buyer: { name: profile.legalName ?? customer.name, address: profile.address, taxId: profile.taxId },
  });
  const facts: InvoiceFacts = {
    currency: customer.currency,
    period: null,
    items: items.map(({ service, description, quantity, unit_nanos }) => {
      return { service, description, quantity, unitNanos: unit_nanos };
    }),
    tax,
    carriedInNanos: 0n,
  };
  return { customer, seller, parties, facts };
}

function* namesOf(plan: Id<"plan">): Steps<{ product: string; plan: string }> {
  const names = yield* queryOne<{
    product: string;
    plan: string;
  }>(sql`select products.name as product, plans.name as plan
    from plans join products on products.id = plans.product where plans.id = ${plan}`);
  return must(names, "a subscription has a plan");
}

/** Null where the fee is the whole one: of a whole period, or in full for a part. */
function partOfFee(period: PeriodRow): PeriodFacts["feePart"] {
  if (period.fee_nanos === period.whole_fee_nanos) return null;
  return { partMs: period.end_ms - period.start_ms, wholeMs: period.whole_end_ms - period.whole_start_ms };
}

function* carriedInto(subscription: SubscriptionRow): Steps<Nanos> {
  const last = yield* queryOne<{ carried_out_nanos: Nanos }>(sql`select i.carried_out_nanos from invoices i
    join usage_periods p on p.id = i.period
    where i.subscription = ${subscription.id} and p.subscription = ${subscription.id} and p.ordinal = ${subscription.next_ordinal - 1} and i.kind = 'invoice'`);
  return last?.carried_out_nanos ?? 0n;
}
