import { type Id, newId } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { type FirstEntry, type NewPosting, drawableOfEach, openAccounts, postFirstEntries } from "../ledger/index.ts";
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
 * together have taken exactly the invoice's total. Returns what each balance could not pay. No customer has two of them.
 */
export function* bookInvoices(bookings: readonly Booking[]): Steps<Nanos[]> {
  const earned = bookings.map((booking) => earnings(booking).filter((posting) => posting.amountNanos !== 0n));
  const charges = earned.map((postings) => sumNanos(postings.map(({ amountNanos }) => amountNanos)));
  const drawn = yield* drawableOfEach(
    bookings.map(({ party }, at) => {
      const chargeNanos = charges[at] ?? 0n;
      return { account: accountOf("customer", party), amountNanos: chargeNanos > 0n ? chargeNanos : 0n };
    }),
  );
  const dues = charges.map((chargeNanos, at) => (chargeNanos > 0n ? chargeNanos - (drawn[at] ?? 0n) : 0n));
  const entries = bookings.flatMap((booking, at) => {
    return entryOf(booking, earned[at] ?? [], { chargeNanos: charges[at] ?? 0n, dueNanos: dues[at] ?? 0n });
  });
  yield* openAccounts(entries.flatMap(({ postings }) => postings.slice(1).map((posting) => posting.account)));
  yield* postFirstEntries(entries, new Map());
  return dues;
}

/** The same for one invoice. */
export function* bookInvoice(booking: Booking): Steps<Nanos> {
  const [dueNanos] = yield* bookInvoices([booking]);
  return dueNanos ?? 0n;
}

function entryOf(
  booking: Booking,
  earned: readonly NewPosting[],
  { chargeNanos, dueNanos }: { readonly chargeNanos: Nanos; readonly dueNanos: Nanos },
): FirstEntry[] {
  const { party, plan, product, partner, nowMs } = booking;
  const postings = [
    { account: accountOf("customer", party), amountNanos: dueNanos - chargeNanos },
    { account: accountOf("receivable", party), amountNanos: -dueNanos },
    ...earned,
    ...(plan.tax.treatment === "included" ? taxWithin(party, plan.taxNanos) : []),
  ].filter((posting) => posting.amountNanos !== 0n);
  if (postings.length === 0) return [];
  const dimensions = { product, customer: party.customer, partner };
  const { cause, atMs } = booking;
  return [{ id: newId("entry", nowMs), kind: "invoice", cause, atMs, nowMs, dimensions, postings }];
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
