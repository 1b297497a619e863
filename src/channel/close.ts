import type { Id } from "../kernel/ids.ts";
import {
  type CloseInput,
  type CloseManyInput,
  type CloseOutcome,
  type CreditInput,
  type CreditOutcome,
  type InvoiceOf,
  type IssueItemsInput,
  closePeriods,
  creditInvoice,
  dueBatches,
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

/** Periods of different customers with their commissions, as one unit. */
export const closeTogether = unit(import.meta.url, "closeTogether", (input: CloseManyInput) =>
  closePeriods(input, payCommission),
);

const creditOneInvoice = (input: CreditInput) => creditInvoice(input, payCommission);

/** One credit note with the commission it takes back, as one unit. */
export const creditOne = unit(import.meta.url, "creditOne", creditOneInvoice);

/**
 * Issues every invoice that is due with its commission: some in one transaction, so a stop in between leaves whole invoices
 * and the next call does the rest. Running it again changes nothing.
 */
export async function closeMonth(store: Store, input: Omit<CloseInput, "subscription">): Promise<CloseReport> {
  await sweepHolds(store, input.nowMs);
  const issued: Id<"invoice">[] = [];
  const inFlight = new Set<Id<"subscription">>();
  // Several periods may be due, when nobody has closed for long: everybody's oldest first, then the next ones.
  for (let before = -1; before < issued.length;) {
    before = issued.length;
    for (const batch of await dueBatches(store, input)) {
      const subscriptions = batch.filter((id) => !inFlight.has(id));
      for (const [at, outcome] of (await closeBatch(store, { ...input, subscriptions })).entries()) {
        const subscription = subscriptions[at];
        if (outcome.state === "issued") issued.push(outcome.invoice.id);
        if (outcome.state === "in_flight" && subscription) inFlight.add(subscription);
      }
    }
  }
  return { issued, inFlight: [...inFlight] };
}

/** When they cannot be closed together, each is tried alone: one that is broken keeps none of those before it open. */
async function closeBatch(store: Store, input: CloseManyInput): Promise<CloseOutcome[]> {
  const { subscriptions } = input;
  if (subscriptions.length === 0) return [];
  try {
    return await store.run(closeTogether, input);
  } catch (error) {
    if (subscriptions.length === 1) throw error;
  }
  const outcomes: CloseOutcome[] = [];
  for (const subscription of subscriptions) {
    outcomes.push(...(await store.run(closeTogether, { ...input, subscriptions: [subscription] })));
  }
  return outcomes;
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
