import { must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { type Steps, type Store, query, queryOne, sql, unit } from "../../store/index.ts";
import { emit } from "../event.ts";
import { sellerRow } from "../seller.ts";
import type { InvoiceRow } from "../tables.ts";
import type { CollectionRow } from "../tables-paid.ts";
import { nextStep, reminderAt } from "./collection.ts";

export interface DunningReport {
  /** Invoices that became overdue. */
  readonly overdue: number;
  readonly reminders: number;
}

/** Looks at every invoice whose next step has come: it becomes overdue, or is reminded of. Running it again changes nothing. */
export async function runDunning(store: Store, nowMs: number): Promise<DunningReport> {
  const due = await store.perform(
    query<{ invoice: Id<"invoice"> }>(sql`select invoice from collections
      where state in ('open', 'overdue') and next_step_ms <= ${nowMs} order by next_step_ms, invoice
      limit ${limits.billingTickMax}`),
  );
  let [overdue, reminders] = [0, 0];
  for (const { invoice } of due) {
    const told = await store.run(stepCollection, { invoice, nowMs });
    overdue += told.overdue ? 1 : 0;
    reminders += told.reminded ? 1 : 0;
  }
  return { overdue, reminders };
}

/** One step of one invoice: at most one reminder, the latest that is due. */
export const stepCollection = unit(
  import.meta.url,
  "stepCollection",
  function* ({ invoice, nowMs }: { readonly invoice: Id<"invoice">; readonly nowMs: number }): Steps<{
    overdue: boolean;
    reminded: boolean;
  }> {
    const row = yield* queryOne<CollectionRow>(sql`update collections set step = step
      where invoice = ${invoice} and state in ('open', 'overdue') and next_step_ms <= ${nowMs} returning *`);
    if (!row) return { overdue: false, reminded: false };
    const seller = yield* sellerRow();
    const overdue = row.state === "open" && row.pay_by_ms <= nowMs;
    const state = overdue ? "overdue" : (row.state as "open" | "overdue");
    let step = row.step;
    while ((reminderAt(seller, row.pay_by_ms, step) ?? Number.POSITIVE_INFINITY) <= nowMs) step++;
    yield* query(sql`update collections set state = ${state}, step = ${step},
      next_step_ms = ${nextStep(seller, row.pay_by_ms, step, state)}, changed_at_ms = ${nowMs} where invoice = ${invoice}`);
    if (overdue) yield* tell(row, "invoice.overdue", {}, nowMs);
    if (step > row.step) yield* tell(row, "invoice.reminder", { reminder: step }, nowMs);
    return { overdue, reminded: step > row.step };
  },
);

function* tell(
  { invoice, open_nanos, pay_by_ms }: CollectionRow,
  kind: "invoice.overdue" | "invoice.reminder",
  more: Readonly<Record<string, unknown>>,
  nowMs: number,
): Steps<void> {
  const row = yield* queryOne<InvoiceRow>(sql`select * from invoices where id = ${invoice}`);
  const { customer, title, currency } = must(row, "a collection has its invoice");
  const data = { invoice, number: title, open_nanos, currency, pay_by_ms, ...more };
  yield* emit({ kind, customer, data, atMs: nowMs, nowMs });
}
