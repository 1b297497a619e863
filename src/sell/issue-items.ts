import { dayMs } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { Steps } from "../store/index.ts";
import { bookInvoice } from "./book.ts";
import { openCollections } from "./collect/collection.ts";
import { insertDocuments } from "./document.ts";
import { gatherFacts } from "./gather.ts";
import type { InvoiceOf } from "./invoice.ts";
import { planInvoice } from "./invoice-plan.ts";
import { type AlsoPost, drawNumber, markInvoiced, revenueOf } from "./issue.ts";
import { pendingItems } from "./item.ts";

export interface IssueItemsInput {
  readonly customer: Id<"customer">;
  readonly nowMs: number;
}

/** An invoice of what waits to be invoiced, at once and alone. Refused when nothing does. */
export function* issueItems({ customer: id, nowMs }: IssueItemsInput, also: AlsoPost): Steps<InvoiceOf<"invoice">> {
  const items = yield* pendingItems(id, nowMs + 1);
  if (items.length === 0) throw new Refusal("conflict", "Nothing waits to be invoiced.");
  const { customer, seller, parties, facts } = yield* gatherFacts(id, items, nowMs);
  const { charges, ...plan } = planInvoice(facts);
  const invoice = newId("invoice", nowMs);
  const { partner, currency } = customer;
  const product = items[0]?.product ?? null;
  const overdrawnNanos = yield* bookInvoice({
    party: { customer: id, currency },
    cause: invoice,
    plan: { ...plan, charges },
    items,
    product,
    partner,
    atMs: nowMs,
    nowMs,
  });
  const document: InvoiceOf<"invoice"> = {
    ...plan,
    kind: "invoice",
    id: invoice,
    ...(yield* drawNumber({ seller, kind: "invoice", nowMs })),
    customer: id,
    subscription: null,
    period: null,
    startMs: Math.min(...items.map((item) => item.at_ms)),
    endMs: nowMs + 1,
    currency,
    dueNanos: customer.terms === "postpaid" ? plan.totalNanos : overdrawnNanos,
    parties,
    payByMs: nowMs + seller.payment_days * dayMs,
    issuedAtMs: nowMs,
  };
  yield* insertDocuments([document]);
  yield* markInvoiced(items.map((item) => ({ item, invoice })));
  yield* openCollections([document], seller);
  yield* also({
    document,
    product,
    partner,
    revenue: revenueOf([], charges.itemNanos, partner),
    bookedAtMs: nowMs,
    nowMs,
  });
  return document;
}
