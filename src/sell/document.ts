import { type Steps, bulkInsert, query } from "../store/index.ts";
import type { Invoice } from "./invoice.ts";

/** Writes documents as they are; a second one for the same subscription, period and kind breaks the database's rule. */
export function* insertDocuments(documents: readonly Invoice[]): Steps<void> {
  if (documents.length === 0) return;
  yield* query(insertHeads(documents.map(headOf)));
  yield* query(insertLines(documents.flatMap(linesOf)));
}

const headOf = (document: Invoice) => [
  document.id,
  document.number,
  document.title,
  document.kind,
  document.customer,
  document.subscription,
  document.period,
  document.startMs,
  document.endMs,
  document.currency,
  document.totalNanos,
  document.dueNanos,
  document.taxNanos,
  JSON.stringify(document.tax),
  document.parties,
  document.carriedInNanos,
  document.carriedOutNanos,
  document.kind === "credit_note" ? document.credits : null,
  document.kind === "credit_note" ? document.reason : null,
  document.payByMs,
  document.issuedAtMs,
];

const linesOf = ({ id, lines }: Invoice) =>
  lines.map((line, position) => [
    id,
    position,
    line.kind,
    line.unit,
    line.description,
    line.units,
    line.lateUnits,
    line.exactNanos,
    line.amountNanos,
    line.about && JSON.stringify(line.about),
  ]);

const insertHeads = bulkInsert("invoices", {
  id: "text",
  number: "bigint",
  title: "text",
  kind: "text",
  customer: "text",
  subscription: "text",
  period: "text",
  start_ms: "bigint",
  end_ms: "bigint",
  currency: "text",
  total_nanos: "bigint",
  due_nanos: "bigint",
  tax_nanos: "bigint",
  tax: "text",
  parties: "text",
  carried_in_nanos: "bigint",
  carried_out_nanos: "bigint",
  credits: "text",
  reason: "text",
  pay_by_ms: "bigint",
  issued_at_ms: "bigint",
});

const insertLines = bulkInsert("invoice_lines", {
  invoice: "text",
  position: "bigint",
  kind: "text",
  unit: "text",
  description: "text",
  units: "bigint",
  late_units: "bigint",
  exact_nanos: "bigint",
  amount_nanos: "bigint",
  about: "text",
});
