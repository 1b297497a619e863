import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type NewPosting, drawable, openAccounts, postFirstEntry } from "../ledger/index.ts";
import type { Steps } from "../store/index.ts";
import { type AccountKind, type AccountOwner, accountOf } from "./accounts.ts";
import type { Charges, InvoicePlan } from "./invoice-plan.ts";
import type { InvoiceItemRow } from "./tables.ts";

export interface Booking {
  readonly party: AccountOwner;
  /** The entry's cause: the period, or the invoice when it has none. */
  readonly cause: string;
  readonly plan: InvoicePlan & { readonly charges: Charges };
  readonly items: readonly InvoiceItemRow[];
  readonly product: Id<"product"> | null;
  readonly partner: Id<"partner"> | null;
  readonly atMs: number;
  readonly nowMs: number;
}

/**
 * Posts what usage has not posted: fees, items, discounts, adjustments, tax, rounding. Then usage entries and this one
 * together have taken exactly the invoice's total. Returns what the balance could not pay.
 */
export function* bookInvoice(booking: Booking): Steps<Nanos> {
  const { party, plan, product, partner } = booking;
  const earned = earnings(booking).filter((posting) => posting.amountNanos !== 0n);
  const chargeNanos = sumNanos(earned.map(({ amountNanos }) => amountNanos));
  const account = accountOf("customer", party);
  const dueNanos = chargeNanos > 0n ? chargeNanos - (yield* drawable(account, chargeNanos)) : 0n;
  const postings = [
    { account, amountNanos: dueNanos - chargeNanos },
    { account: accountOf("receivable", party), amountNanos: -dueNanos },
    ...earned,
    ...(plan.tax.treatment === "included" ? taxWithin(party, plan.taxNanos) : []),
  ].filter((posting) => posting.amountNanos !== 0n);
  if (postings.length === 0) return 0n;
  yield* openAccounts(postings.slice(1).map((posting) => posting.account));
  yield* postFirstEntry({
    kind: "invoice",
    cause: booking.cause,
    atMs: booking.atMs,
    nowMs: booking.nowMs,
    dimensions: { product, customer: party.customer, partner },
    postings,
  });
  return dueNanos;
}

function earnings({ party, plan, items }: Booking): NewPosting[] {
  const { feeNanos, addonNanos, adjustmentNanos, discountNanos } = plan.charges;
  const on = (kind: AccountKind, amountNanos: Nanos): NewPosting => ({ account: accountOf(kind, party), amountNanos });
  return [
    on("feeRevenue", feeNanos + addonNanos),
    on("usageRevenue", adjustmentNanos),
    ...items.map(({ product, quantity, unit_nanos }): NewPosting => {
      const posting = on("serviceRevenue", unit_nanos * BigInt(quantity));
      return product === null ? posting : Object.assign(posting, { dimensions: { product } });
    }),
    on("discount", -discountNanos),
    on("rounding", plan.carriedInNanos - plan.carriedOutNanos),
    on("taxPayable", plan.tax.treatment === "charged" ? plan.taxNanos : 0n),
  ];
}

/** Tax that prices include was booked as revenue: it is ours to pay on. */
const taxWithin = (party: AccountOwner, taxNanos: Nanos): NewPosting[] => [
  { account: accountOf("taxIncluded", party), amountNanos: -taxNanos },
  { account: accountOf("taxPayable", party), amountNanos: taxNanos },
];
