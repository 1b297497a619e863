import type { Nanos } from "../../kernel/money.ts";
import { type Queries, query, sql } from "../../store/index.ts";
import type { PaymentRow } from "../tables-paid.ts";

/** One payment as the bank or the provider lists it. */
export interface StatementLine {
  readonly reference: string;
  readonly amountNanos: Nanos;
}

/** What the provider's list and our books do not agree on. Empty lists: they do. */
export interface Reconciliation {
  readonly matched: number;
  readonly missingHere: readonly StatementLine[];
  readonly missingThere: readonly StatementLine[];
  readonly different: readonly { readonly reference: string; readonly thereNanos: Nanos; readonly hereNanos: Nanos }[];
}

export interface ReconcileAsk {
  readonly provider: string;
  /** Half open. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly StatementLine[];
}

/** Compares a statement with the payments booked in its time. */
export async function reconcilePayments(db: Queries, ask: ReconcileAsk): Promise<Reconciliation> {
  const rows = await db.perform(
    query<PaymentRow>(sql`select * from payments where provider = ${ask.provider}
      and received_at_ms >= ${ask.fromMs} and received_at_ms < ${ask.toMs} order by id`),
  );
  return compare(
    ask.lines,
    rows.map(({ reference, amount_nanos: amountNanos }) => ({ reference, amountNanos })),
  );
}

function compare(there: readonly StatementLine[], here: readonly StatementLine[]): Reconciliation {
  const ours = new Map(here.map((line) => [line.reference, line.amountNanos]));
  const theirs = new Map(there.map((line) => [line.reference, line.amountNanos]));
  const both = there.filter(({ reference }) => ours.has(reference));
  const different = both.flatMap(({ reference, amountNanos: thereNanos }) => {
    const hereNanos = ours.get(reference) ?? 0n;
    return hereNanos === thereNanos ? [] : [{ reference, thereNanos, hereNanos }];
  });
  return {
    matched: both.length - different.length,
    missingHere: there.filter(({ reference }) => !ours.has(reference)),
    missingThere: here.filter(({ reference }) => !theirs.has(reference)),
    different,
  };
}
