import { allocate } from "../kernel/allocate.ts";
import type { Id } from "../kernel/ids.ts";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import type { Dimensions } from "../ledger/index.ts";
import { accountKinds } from "./accounts.ts";
import type { CreditPlan, CreditedLine } from "./credit-plan.ts";
import type { Invoice } from "./invoice.ts";
import type { RevenueShare, UsageShareRow } from "./issue.ts";
import type { CustomerRow } from "./tables.ts";

/** What the invoice's own entry booked beside what it took from the customer. */
export interface BookedRow {
  kind: string;
  product: string | null;
  amount_nanos: Nanos;
}

/** What stands behind an invoice that is credited. */
export interface CreditContext {
  readonly product: Id<"product"> | null;
  readonly partner: Id<"partner"> | null;
  readonly terms: CustomerRow["terms"];
  /** What is left of the invoice after the credit note. */
  readonly leftNanos: Nanos;
  /** Of what goes back, what credit kept to some products had paid. */
  readonly keptNanos: Nanos;
  readonly shares: readonly UsageShareRow[];
  readonly booked: readonly BookedRow[];
}

/** What goes back out of an account of the customer's: above zero what it had earned. */
export interface BackPosting {
  readonly kind: string;
  readonly amountNanos: Nanos;
  readonly dimensions: Partial<Dimensions>;
}

/** Which revenue a part of an invoice takes back: usage by what earned it, services by their products. Pure. */
export function planBack(
  invoice: Invoice,
  found: CreditContext,
  { lines, taxNanos }: CreditPlan,
): { readonly postings: readonly BackPosting[]; readonly revenue: readonly RevenueShare[] } {
  const usage = usageBack(sumOf(lines, ["usage"]), found);
  const own = [
    { kind: accountKinds.feeRevenue, amountNanos: sumOf(lines, ["fee", "addon"]), dimensions: {} },
    ...servicesBack(invoice, found, lines),
  ];
  const ownNanos = sumNanos(own.map(({ amountNanos }) => amountNanos));
  const revenue = [
    ...usage.map(({ amountNanos, dimensions: { model = null, release = null, partner = null } }): RevenueShare => {
      return { kind: "usage", model, release, partner, amountNanos };
    }),
    { kind: "fee" as const, model: null, release: null, partner: found.partner, amountNanos: ownNanos },
  ];
  return {
    postings: [...usage, ...own, ...taxBack(invoice, taxNanos)],
    revenue: revenue.filter(({ amountNanos }) => amountNanos > 0n),
  };
}

const sumOf = (lines: readonly CreditedLine[], kinds: readonly CreditedLine["about"]["kind"][]): Nanos =>
  sumNanos(lines.filter(({ about }) => kinds.includes(about.kind)).map(({ amountNanos }) => amountNanos));

function usageBack(nanos: Nanos, { shares, partner: now }: CreditContext): BackPosting[] {
  const kind = accountKinds.usageRevenue;
  if (nanos === 0n) return [];
  const earning = shares.filter(({ amount_nanos }) => amount_nanos > 0n);
  if (earning.length === 0) return [{ kind, amountNanos: nanos, dimensions: { partner: now } }]; // a commitment alone
  const parts = allocate(
    nanos,
    earning.map(({ amount_nanos }) => amount_nanos),
  );
  return earning.map(({ model, release, partner }, at) => {
    return { kind, amountNanos: parts[at] ?? 0n, dimensions: { model, release, partner } };
  });
}

/** Item lines and what was booked for them stand in the same order, unless some cost nothing. */
function servicesBack(
  { lines: all }: Invoice,
  { booked }: CreditContext,
  lines: readonly CreditedLine[],
): BackPosting[] {
  const kind = accountKinds.serviceRevenue;
  const services = booked.filter((row) => row.kind === kind);
  const positions = all.flatMap((line, position) => (line.kind === "item" ? [position] : []));
  const credited = lines.filter(({ about }) => about.kind === "item");
  if (positions.length === services.length) {
    return credited.map(({ position, amountNanos }) => {
      const product = services[positions.indexOf(position)]?.product ?? null;
      return { kind, amountNanos, dimensions: { product } };
    });
  }
  const nanos = sumNanos(credited.map(({ amountNanos }) => amountNanos));
  if (nanos === 0n) return [];
  const parts = allocate(
    nanos,
    services.map(({ amount_nanos }) => amount_nanos),
  );
  return services.map(({ product }, at) => ({ kind, amountNanos: parts[at] ?? 0n, dimensions: { product } }));
}

/** Tax on top goes back as such; tax within prices was booked as revenue, which the lines take back. */
function taxBack({ tax }: Invoice, nanos: Nanos): BackPosting[] {
  const payable = { kind: accountKinds.taxPayable, amountNanos: nanos, dimensions: {} };
  if (tax.treatment === "charged") return [payable];
  if (tax.treatment === "included")
    return [payable, { kind: accountKinds.taxIncluded, amountNanos: -nanos, dimensions: {} }];
  return [];
}
