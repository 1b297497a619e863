import type { Id } from "../kernel/ids.ts";
import {
  type CloseInput,
  type CloseOutcome,
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
  for (const subscription of await dueSubscriptions(store, input)) {
    const last = await closeAll(store, { ...input, subscription }, issued);
    if (last.state === "in_flight") inFlight.push(subscription);
  }
  return { issued, inFlight };
}

/** Several periods may be due, when nobody has closed for long. */
async function closeAll(store: Store, input: CloseInput, issued: Id<"invoice">[]): Promise<CloseOutcome> {
  for (;;) {
    const outcome = await store.run(closeOnePeriod, input);
    if (outcome.state !== "issued") return outcome;
    issued.push(outcome.invoice.id);
  }
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
