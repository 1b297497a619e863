import { invariant, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type Steps, bulkStatement, inOrder, query } from "../store/index.ts";
import { type Addon, addonCharges, addonsOf } from "./addon.ts";
import { parseComponents } from "./component.ts";
import { countInAll, noCounters } from "./counters.ts";
import { type Redeemed, couponsOn } from "./coupon.ts";
import { type InvoiceFacts, type PeriodFacts } from "./invoice-plan.ts";
import { type UsageShareRow, usageSharesOf } from "./issue.ts";
import { pendingItemsOf } from "./item.ts";
import { toProfile } from "./profile.ts";
import { sellerRow, toSeller } from "./seller.ts";
import type {
  BillingProfileRow,
  CustomerRow,
  InvoiceItemRow,
  PeriodRow,
  SellerRow,
  SubscriptionRow,
} from "./tables.ts";
import { type TaxDecision, decideTax } from "./tax/decide.ts";
import { ownRates } from "./tax/own-rates.ts";
import type { Quantities } from "./units.ts";

/** What any invoice of a customer needs beside its charges. */
export interface GatheredParties {
  readonly customer: CustomerRow;
  readonly seller: SellerRow;
  /** Seller and buyer as they are printed; kept with the document, which never changes. */
  readonly parties: string;
  readonly tax: TaxDecision;
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

export interface GatherAsk {
  readonly subscription: Id<"subscription">;
  /** Items done before it; the end of the period unless given. */
  readonly itemsBeforeMs?: number;
}

/** One, as it is gathered with others. */
export function* gatherPeriod(ask: GatherAsk): Steps<GatheredPeriod | undefined> {
  return (yield* gatherPeriods([ask]))[0];
}

/**
 * Reads the oldest open period of each subscription whole; it is locked first, as whoever counts in it does, so nothing
 * changes until the unit ends. Undefined where the subscription has ended and all is invoiced. No customer has two of them,
 * because what waits for a customer goes onto one invoice.
 */
export function* gatherPeriods(asks: readonly GatherAsk[]): Steps<(GatheredPeriod | undefined)[]> {
  const found = yield* oldestOpen(asks);
  invariant(new Set(found.map(({ subscription: { customer } }) => customer)).size === found.length, "one a customer");
  const [periods, subscriptions] = [
    found.map(({ period }) => period.id),
    found.map(({ subscription }) => subscription.id),
  ];
  const counters = yield* countInAll(new Map(periods.map((id) => [id, {}])));
  const shares = yield* usageSharesOf(periods);
  const coupons = yield* couponsOn(subscriptions);
  const addons = yield* addonsOf(subscriptions);
  const items = yield* pendingItemsOf(
    found.map(({ subscription: { customer }, period, itemsBeforeMs }) => {
      return { customer, beforeMs: itemsBeforeMs ?? period.end_ms };
    }),
  );
  const names = yield* namesOf(found.map(({ period }) => period.plan));
  const carried = yield* carriedInto(found.map(({ subscription }) => subscription));
  const parties = yield* gatherParties(
    found.map(({ subscription: { customer }, period }) => ({ customer, supplyAtMs: period.end_ms - 1 })),
  );
  const gathered = found.map(({ subscription, period }, at): GatheredPeriod => {
    const of = must(parties[at], "a subscription has a customer");
    const itemRows = items.get(subscription.customer) ?? [];
    const redeemed = period.trial === 1 ? [] : (coupons.get(subscription.id) ?? []);
    const { used, held, late } = counters.get(period.id) ?? noCounters;
    const own = shares.get(period.id) ?? [];
    const about = {
      ...must(names.get(period.plan), "a subscription has a plan"),
      used,
      late,
      shares: own,
      addons: addons.get(subscription.id) ?? [],
      redeemed,
    };
    const facts: InvoiceFacts = {
      ...factsOf(of, itemRows),
      period: periodFacts(period, about),
      carriedInNanos: carried.get(subscription.id) ?? 0n,
    };
    return { ...of, subscription, period, held, shares: own, itemRows, redeemed, facts };
  });
  return asks.map((ask) => gathered.find(({ subscription }) => subscription.id === ask.subscription));
}

interface Found extends GatherAsk {
  readonly row: SubscriptionRow;
}

function* oldestOpen(asks: readonly GatherAsk[]): Steps<Oldest[]> {
  const rows = yield* query<SubscriptionRow>(readSubscriptions(asks.map(({ subscription }) => [subscription])));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found = asks.map((ask): Found => ({ ...ask, row: must(byId.get(ask.subscription), "a subscription exists") }));
  const open = yield* query<Pick<PeriodRow, "id">>(findPeriods(found.map(({ row }) => [row.id, row.next_ordinal])));
  const locked = yield* query<PeriodRow>(lockPeriods(inOrder(open.map(({ id }) => [id]))));
  const bySubscription = new Map(locked.map((period) => [period.subscription, period]));
  return found.flatMap(({ row, itemsBeforeMs }) => {
    const period = bySubscription.get(row.id);
    return period ? [{ subscription: row, period, itemsBeforeMs }] : [];
  });
}

interface Oldest {
  readonly subscription: SubscriptionRow;
  readonly period: PeriodRow;
  readonly itemsBeforeMs: number | undefined;
}

const readSubscriptions = bulkStatement(
  { id: "text" },
  {
    each: "select * from subscriptions where id = ?1",
    all: "select subscriptions.* from subscriptions join given on subscriptions.id = given.id",
  },
);

const findPeriods = bulkStatement(
  { subscription: "text", ordinal: "bigint" },
  {
    each: "select id from usage_periods where subscription = ?1 and ordinal = ?2",
    all: `select p.id from usage_periods p
      join given on p.subscription = given.subscription and p.ordinal = given.ordinal`,
  },
);

const lockPeriods = bulkStatement(
  { id: "text" },
  {
    each: "update usage_periods set state = state where id = ?1 returning *",
    all: "update usage_periods set state = state from given where usage_periods.id = given.id returning usage_periods.*",
  },
);

interface PeriodParts {
  readonly product: string;
  readonly plan: string;
  readonly used: Quantities;
  readonly late: Quantities;
  readonly shares: readonly UsageShareRow[];
  readonly addons: readonly Addon[];
  readonly redeemed: readonly Redeemed[];
}

function periodFacts(period: PeriodRow, { shares, addons, redeemed, ...of }: PeriodParts): PeriodFacts {
  return {
    ...of,
    feeNanos: period.fee_nanos,
    feePart: partOfFee(period),
    components: parseComponents(period.components),
    usage: {
      units: shares.reduce((sum, share) => sum + share.units, 0),
      amountNanos: sumNanos(shares.map((share) => share.amount_nanos)),
    },
    addons: addonCharges(period, addons),
    coupons: redeemed,
  };
}

/** The same for an invoice of items alone. */
export function* gatherFacts(
  customer: Id<"customer">,
  items: readonly InvoiceItemRow[],
  supplyAtMs: number,
): Steps<GatheredParties & { readonly facts: InvoiceFacts }> {
  const [of] = yield* gatherParties([{ customer, supplyAtMs }]);
  const parties = must(of, "an item has a customer");
  return { ...parties, facts: factsOf(parties, items) };
}

function factsOf({ customer, tax }: GatheredParties, items: readonly InvoiceItemRow[]): InvoiceFacts {
  return {
    currency: customer.currency,
    period: null,
    items: items.map(({ service, description, quantity, unit_nanos }) => {
      return { service, description, quantity, unitNanos: unit_nanos };
    }),
    tax,
    carriedInNanos: 0n,
  };
}

interface PartyAsk {
  readonly customer: Id<"customer">;
  readonly supplyAtMs: number;
}

/** Who bills and who is billed, and so which tax. */
function* gatherParties(asks: readonly PartyAsk[]): Steps<GatheredParties[]> {
  const ids = asks.map(({ customer }) => [customer]);
  const customers = new Map((yield* query<CustomerRow>(readCustomers(ids))).map((row) => [row.id, row]));
  const profiles = new Map((yield* query<BillingProfileRow>(readProfiles(ids))).map((row) => [row.customer, row]));
  const seller = yield* sellerRow();
  const of = toSeller(seller);
  const rates = of.country === null ? [] : yield* ownRates();
  return asks.map(({ customer: id, supplyAtMs: atMs }) => {
    const customer = must(customers.get(id), "who is billed exists");
    const profile = toProfile(profiles.get(id));
    const from = { country: of.country, registeredIn: of.registeredIn, pricesInclude: of.pricesIncludeTax };
    const tax = decideTax({ seller: from, buyer: profile, atMs, rates });
    const parties = JSON.stringify({
      seller: { name: of.name, address: of.address, taxId: of.taxId, timeZone: of.timeZone, terms: of.terms },
      buyer: { name: profile.legalName ?? customer.name, address: profile.address, taxId: profile.taxId },
    });
    return { customer, seller, parties, tax };
  });
}

const readCustomers = bulkStatement(
  { id: "text" },
  {
    each: "select * from customers where id = ?1",
    all: "select customers.* from customers join given on customers.id = given.id",
  },
);

const readProfiles = bulkStatement(
  { id: "text" },
  {
    each: "select * from billing_profiles where customer = ?1",
    all: "select billing_profiles.* from billing_profiles join given on customer = given.id",
  },
);

interface Names {
  readonly product: string;
  readonly plan: string;
}

function* namesOf(plans: readonly Id<"plan">[]): Steps<ReadonlyMap<Id<"plan">, Names>> {
  const asked = [...new Set(plans)].map((id) => [id]);
  const rows = yield* query<Names & { id: Id<"plan"> }>(readNames(asked));
  return new Map(rows.map(({ id, product, plan }) => [id, { product, plan }]));
}

const readNames = bulkStatement(
  { id: "text" },
  {
    each: `select plans.id, products.name as product, plans.name as plan
      from plans join products on products.id = plans.product where plans.id = ?1`,
    all: `select plans.id, products.name as product, plans.name as plan
      from given cross join plans join products on products.id = plans.product where plans.id = given.id`,
  },
);

/** Null where the fee is the whole one: of a whole period, or in full for a part. */
function partOfFee(period: PeriodRow): PeriodFacts["feePart"] {
  if (period.fee_nanos === period.whole_fee_nanos) return null;
  return { partMs: period.end_ms - period.start_ms, wholeMs: period.whole_end_ms - period.whole_start_ms };
}

/** What rounding left over on the invoice of the period before. */
function* carriedInto(subscriptions: readonly SubscriptionRow[]): Steps<ReadonlyMap<Id<"subscription">, Nanos>> {
  const asked = subscriptions.map(({ id, next_ordinal: next }) => [id, next - 1]);
  const rows = yield* query<{ subscription: Id<"subscription">; carried_out_nanos: Nanos }>(readCarried(asked));
  return new Map(rows.map((row) => [row.subscription, row.carried_out_nanos]));
}

const readCarried = bulkStatement(
  { subscription: "text", ordinal: "bigint" },
  {
    each: `select i.subscription, i.carried_out_nanos from usage_periods p
      join invoices i on i.subscription = p.subscription and i.period = p.id
      where p.subscription = ?1 and p.ordinal = ?2 and i.kind = 'invoice'`,
    all: `select i.subscription, i.carried_out_nanos from given cross join usage_periods p
      join invoices i on i.subscription = p.subscription and i.period = p.id
      where p.subscription = given.subscription and p.ordinal = given.ordinal and i.kind = 'invoice'`,
  },
);
