import type { Id } from "../kernel/ids.ts";
import { type Currency, type Nanos, sumNanos } from "../kernel/money.ts";
import { money } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";
import { type Commission, toCommission } from "./commission.ts";
import { type Partner, getPartner } from "./partner.ts";
import type { ChannelTables } from "./tables.ts";

/** What a partner earned in a stretch of time, by the period that was invoiced. */
export interface Statement {
  readonly partner: Partner;
  /** Half open. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly (Commission & { readonly customerName: string; readonly title: string })[];
  readonly totals: readonly { readonly currency: Currency; readonly baseNanos: Nanos; readonly amountNanos: Nanos }[];
}

export interface StatementAsk {
  readonly partner: Id<"partner">;
  readonly fromMs: number;
  readonly toMs: number;
}

export async function getStatement(db: Queries, { partner, fromMs, toMs }: StatementAsk): Promise<Statement> {
  const rows = await db
    .as<ChannelTables & { customers: { id: string; name: string }; invoices: { id: string; title: string } }>()
    .selectFrom("commissions")
    .innerJoin("customers", "customers.id", "commissions.customer")
    .innerJoin("invoices", "invoices.id", "commissions.document")
    .selectAll("commissions")
    .select(["customers.name as customer_name", "invoices.title as title"])
    .where("commissions.partner", "=", partner)
    .where("earned_at_ms", ">=", fromMs)
    .where("earned_at_ms", "<", toMs)
    .orderBy("document_number")
    .execute();
  const lines = rows.map((row) =>
    Object.assign(toCommission(row), { customerName: row.customer_name, title: row.title }),
  );
  const found = [...new Set(lines.map((line) => line.currency))].sort();
  const totals = found.map((currency) => {
    const own = lines.filter((line) => line.currency === currency);
    const baseNanos = sumNanos(own.map((line) => line.baseNanos));
    return { currency, baseNanos, amountNanos: sumNanos(own.map((line) => line.amountNanos)) };
  });
  return { partner: await getPartner(db, partner), fromMs, toMs, lines, totals };
}

const width = 80;

/** A statement as text for a terminal or a mail: no line is longer than 80 columns. */
export function renderStatement({ partner, fromMs, toMs, lines, totals }: Statement): string {
  const columns = (number: string, name: string, base: string, rate: string, amount: string): string =>
    `${number.padEnd(20)}${clip(name, 18).padEnd(19)}${base.padStart(16)}${rate.padStart(9)}${amount.padStart(16)}`;
  const percent = (basisPoints: number): string => `${(basisPoints / 100).toFixed(2)} %`;
  return [
    "COMMISSION STATEMENT",
    "=".repeat(width),
    clip(`Partner    ${partner.name} (${partner.id})`, width),
    `Period     ${minuteOf(fromMs)} to ${minuteOf(toMs)} UTC`,
    "-".repeat(width),
    columns("Invoice", "Customer", "Base", "Rate", "Commission"),
    ...lines.map((line) => {
      const { currency, baseNanos, basisPoints, amountNanos } = line;
      const base = money(baseNanos, currency);
      return columns(line.title, line.customerName, base, percent(basisPoints), money(amountNanos, currency));
    }),
    "-".repeat(width),
    ...(totals.length === 0 ? ["Nothing was earned in this period."] : []),
    ...totals.map(({ currency, baseNanos, amountNanos }) =>
      columns("Total", "", money(baseNanos, currency), "", money(amountNanos, currency)),
    ),
    "",
  ].join("\n");
}

const clip = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
