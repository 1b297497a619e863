import { z } from "zod";
import { type Invoice, meteredUnits, numberOf } from "../sell/index.ts";
import { money, moneyOf, unixMs } from "./shapes.ts";

/** An issued invoice or credit note as both planes show it. */
export const invoiceShape = z.strictObject({
  object: z.enum(["invoice", "credit_note"]),
  id: z.string(),
  number: z.string().describe("Without gaps within its series and year."),
  customer: z.string(),
  subscription: z.string().nullable().describe("Null for an invoice of items alone."),
  period_start_ms: unixMs,
  period_end_ms: unixMs,
  lines: z.array(
    z.strictObject({
      kind: z.enum(["fee", "usage", "addon", "item", "discount", "tax", "credit"]),
      unit: z.enum(meteredUnits).nullable().describe("What was counted; null of a fee."),
      description: z.string(),
      units: z.number().int(),
      amount: money,
    }),
  ),
  total: money,
  tax: z.strictObject({
    treatment: z.enum(["charged", "included", "reverse_charge", "exempt", "outside", "none"]),
    amount: money.describe("Of the total."),
  }),
  due: money.describe("What is to be paid; the rest came from the balance."),
  carried_in: money.describe("Fractions of a coin from the invoice before."),
  carried_out: money.describe("Fractions of a coin for the next invoice."),
  credits: z.string().nullable().describe("Of a credit note: the invoice it takes back."),
  reason: z.string().nullable(),
  pay_by_ms: unixMs.nullable(),
  issued_at_ms: unixMs,
});

export function invoiceOf(invoice: Invoice): z.input<typeof invoiceShape> {
  const inMoney = (nanos: bigint) => moneyOf(nanos, invoice.currency);
  return {
    object: invoice.kind,
    id: invoice.id,
    number: numberOf(invoice),
    customer: invoice.customer,
    subscription: invoice.subscription,
    period_start_ms: invoice.startMs,
    period_end_ms: invoice.endMs,
    lines: invoice.lines.map(({ kind, unit, description, units, amountNanos }) => ({
      kind,
      unit,
      description,
      units,
      amount: inMoney(amountNanos),
    })),
    total: inMoney(invoice.totalNanos),
    tax: { treatment: invoice.tax.treatment, amount: inMoney(invoice.taxNanos) },
    due: inMoney(invoice.dueNanos),
    carried_in: inMoney(invoice.carriedInNanos),
    carried_out: inMoney(invoice.carriedOutNanos),
    credits: invoice.kind === "credit_note" ? invoice.credits : null,
    reason: invoice.kind === "credit_note" ? invoice.reason : null,
    pay_by_ms: invoice.payByMs,
    issued_at_ms: invoice.issuedAtMs,
  };
}
