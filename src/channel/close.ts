import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import {
  type CloseInput,
  type CreditInput,
  type CreditOutcome,
  type InvoiceOf,
  type IssueItemsInput,
  closePeriod,
  creditInvoice,
  dueSubscriptions,
  issueItems,
  sweepHolds,
} from "../sell/index.ts";
import { type Store, unit } from "../store/index.ts";
import { payCommission } from "./commission.ts";

export interface CloseReport {
  readonly issued: readonly Id<"invoice">[];
  /** Subscriptions whose period still has requests being answered: close again when they have ended. */
  readonly inFlight: readonly Id<"subscription">[];
}

/** One period with its commission, as one unit. */
export const closeOnePeriod = unit(import.meta.url, "closeOnePeriod", (input: CloseInput) =>
  closePeriod(input, payCommission),
);

const creditOneInvoice = (input: CreditInput) => creditInvoice(input, payCommission);

/** One credit note with the commission it takes back, as one unit. */
export const creditOne = unit(import.meta.url, "creditOne", creditOneInvoice);

/**
 * Issues every invoice that is due, each with its commission in one transaction, so a stop in between leaves whole
 * invoices and the next call does the rest. Running it again changes nothing.
 */
export async function closeMonth(store: Store, input: Omit<CloseInput, "subscription">): Promise<CloseReport> {
  await sweepHolds(store, input.nowMs);
  const issued: Id<"invoice">[] = [];
  const inFlight: Id<"subscription">[] = [];
  const width = store.engine === "sqlite" ? limits.closesAtOnce : 1; // SQLite's writer takes them in order, and commits them together
  // Several periods may be due, when nobody has closed for long: everybody's oldest first, then the next ones.
  for (let due = await dueSubscriptions(store, input); due.length > 0;) {
    const again: Id<"subscription">[] = [];
    for (let at = 0; at < due.length; at += width) {
      const some = due.slice(at, at + width);
      const closing = some.map(async (subscription) => {
        return { subscription, outcome: await store.run(closeOnePeriod, { ...input, subscription }) };
      });
      for (const { subscription, outcome } of await Promise.all(closing)) {
        if (outcome.state === "in_flight") inFlight.push(subscription);
        if (outcome.state !== "issued") continue;
        issued.push(outcome.invoice.id);
        again.push(subscription);
      }
    }
    due = again;
  }
  return { issued, inFlight };
}

/** Takes an invoice back, and its commission with it. */
export function issueCreditNote(store: Store, input: CreditInput): Promise<CreditOutcome> {
  return store.run(creditOne, input);
}

/** An invoice of items alone with its commission, as one unit. */
export const issueItemsOnce = unit(import.meta.url, "issueItemsOnce", (input: IssueItemsInput) =>
  issueItems(input, payCommission),
);

/** Invoices what waits for a customer at once. Refused when nothing does. */
export function issueItemInvoice(store: Store, input: IssueItemsInput): Promise<InvoiceOf<"invoice">> {
  return store.run(issueItemsOnce, input);
}
