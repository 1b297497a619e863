import { must } from "../kernel/errors.ts";
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
import { type Store, StoreError, unit } from "../store/index.ts";
import { payCommission } from "./commission.ts";

export interface CloseReport {
  readonly issued: readonly Id<"invoice">[];
  /** Subscriptions whose period still has requests being answered: close again when they have ended. */
  readonly inFlight: readonly Id<"subscription">[];
  /** What could not be closed, and why; it stays open, and the next call tries again. */
  readonly failed: readonly FailedClose[];
}

export interface FailedClose {
  readonly subscription: Id<"subscription">;
  readonly reason: string;
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
 * and the next call does the rest. Running it again changes nothing. One that is broken keeps no other open; only a store that
 * does not answer ends the call.
 */
export async function closeMonth(store: Store, input: Omit<CloseInput, "subscription">): Promise<CloseReport> {
  await sweepHolds(store, input.nowMs);
  const issued: Id<"invoice">[] = [];
  const inFlight = new Set<Id<"subscription">>();
  const failed = new Map<Id<"subscription">, string>();
  // Several periods may be due, when nobody has closed for long: everybody's oldest first, then the next ones.
  for (let before = -1; before < issued.length;) {
    before = issued.length;
    for (const batch of await dueBatches(store, input)) {
      const subscriptions = batch.filter((id) => !inFlight.has(id) && !failed.has(id));
      for (const { subscription, outcome } of await closeBatch(store, { ...input, subscriptions })) {
        if (outcome.state === "issued") issued.push(outcome.invoice.id);
        if (outcome.state === "in_flight") inFlight.add(subscription);
        if (outcome.state === "failed") failed.set(subscription, outcome.reason);
      }
    }
  }
  const broken = [...failed].map(([subscription, reason]) => ({ subscription, reason }));
  return { issued, inFlight: [...inFlight], failed: broken };
}

interface Tried {
  readonly subscription: Id<"subscription">;
  readonly outcome: CloseOutcome | { readonly state: "failed"; readonly reason: string };
}

/** When they cannot be closed together, each is tried alone. */
async function closeBatch(store: Store, input: CloseManyInput): Promise<Tried[]> {
  const { subscriptions } = input;
  if (subscriptions.length === 0) return [];
  try {
    const outcomes = await store.run(closeTogether, input);
    return subscriptions.map((subscription, at) => ({
      subscription,
      outcome: must(outcomes[at], "each has an outcome"),
    }));
  } catch (error) {
    const [only] = subscriptions;
    if (isAway(error)) throw error;
    if (only && subscriptions.length === 1) return [{ subscription: only, outcome: failedBy(error) }];
  }
  const tried: Tried[] = [];
  for (const subscription of subscriptions) {
    tried.push(...(await closeBatch(store, { ...input, subscriptions: [subscription] })));
  }
  return tried;
}

const failedBy = (error: unknown): Tried["outcome"] => ({
  state: "failed",
  reason: error instanceof Error ? error.message : String(error),
});

/** The store does not answer, or not now: nothing is wrong with what was to be closed. */
const isAway = (error: unknown): boolean =>
  error instanceof StoreError && (error.failure === "unavailable" || error.failure === "busy");

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
