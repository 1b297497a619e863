import { z } from "zod";
import type { Commission, Statement } from "../channel/index.ts";
import { money, moneyOf, unixMs } from "./shapes.ts";

export const commissionShape = z.strictObject({
  object: z.literal("commission"),
  id: z.string(),
  customer: z.string(),
  document: z.string().describe("The invoice or credit note."),
  basis_points: z.number().int(),
  base: money,
  amount: money.describe("Below zero for a credit note."),
  earned_at_ms: unixMs,
});

export const commissionOf = (commission: Commission): z.input<typeof commissionShape> => ({
  object: "commission",
  id: commission.id,
  customer: commission.customer,
  document: commission.document,
  basis_points: commission.basisPoints,
  base: moneyOf(commission.baseNanos, commission.currency),
  amount: moneyOf(commission.amountNanos, commission.currency),
  earned_at_ms: commission.earnedAtMs,
});

/** The half-open stretch of time of a report. */
export const range = z.strictObject({
  from_ms: z.coerce.number().int().min(0).default(0),
  to_ms: z.coerce.number().int().min(0).default(Number.MAX_SAFE_INTEGER),
});

export const statementShape = z.strictObject({
  object: z.literal("statement"),
  from_ms: unixMs,
  to_ms: unixMs,
  lines: z.array(commissionShape.extend({ customer_name: z.string(), title: z.string() })),
  totals: z.array(z.strictObject({ base: money, amount: money })),
});

export const statementOf = ({ fromMs, toMs, lines, totals }: Statement): z.input<typeof statementShape> => ({
  object: "statement",
  from_ms: fromMs,
  to_ms: toMs,
  lines: lines.map((line) => ({ ...commissionOf(line), customer_name: line.customerName, title: line.title })),
  totals: totals.map(({ baseNanos, amountNanos, currency }) => ({
    base: moneyOf(baseNanos, currency),
    amount: moneyOf(amountNanos, currency),
  })),
});
