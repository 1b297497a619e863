import { type Currency, type Nanos, formatAmount } from "../kernel/money.ts";
import type { Invoice } from "./invoice.ts";

const width = 80;

export interface InvoiceView {
  readonly invoice: Invoice;
  readonly customerName: string;
  readonly sellerName: string;
}

/** An invoice or credit note as text for a terminal or a mail: no line is longer than 80 columns. */
export function renderInvoice({ invoice, customerName, sellerName }: InvoiceView): string {
  const { currency } = invoice;
  const title = invoice.kind === "invoice" ? "INVOICE" : "CREDIT NOTE";
  const about =
    invoice.kind === "invoice" ? [] : [`Credits    ${invoice.credits}`, ...wrap(`Reason     ${invoice.reason}`)];
  const body = invoice.lines.flatMap((line) => row(line.description, money(line.amountNanos, currency)));
  const paidNanos = invoice.totalNanos - invoice.dueNanos;
  return [
    ...row(`${title} ${numberOf(invoice)}`, dateOf(invoice.issuedAtMs)),
    "=".repeat(width),
    ...wrap(`From       ${sellerName}`),
    ...wrap(`To         ${customerName} (${invoice.customer})`),
    `Period     ${minuteOf(invoice.startMs)} to ${minuteOf(invoice.endMs)} UTC`,
    ...about,
    "-".repeat(width),
    ...body,
    "-".repeat(width),
    ...row("Total", money(invoice.totalNanos, currency)),
    ...(paidNanos === 0n
      ? []
      : row(invoice.kind === "invoice" ? "Paid from balance" : "Back to balance", money(-paidNanos, currency))),
    ...row("Due", money(invoice.dueNanos, currency)),
    ...carry(invoice),
    "",
  ].join("\n");
}

/** `INV-2026-000042` */
export const numberOf = ({ title }: { readonly title: string }): string => title;

function carry({ carriedOutNanos, currency, kind }: Invoice): string[] {
  if (carriedOutNanos === 0n || kind === "credit_note") return [];
  return wrap(`Less than a coin, carried to the next invoice: ${money(carriedOutNanos, currency)}`);
}

/** Text to the left, an amount to the right; long text takes several lines, the amount stands on the last. */
function row(text: string, right: string): string[] {
  const lines = wrap(text, width - right.length - 2);
  const last = lines.pop() ?? "";
  return [...lines, `${last.padEnd(width - right.length)}${right}`];
}

function wrap(text: string, columns = width): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<= )/)) {
    if (line !== "" && line.length + word.trimEnd().length > columns) {
      lines.push(line.trimEnd());
      line = "    ";
    }
    line += word;
    while (line.trimEnd().length > columns) {
      lines.push(line.slice(0, columns));
      line = `    ${line.slice(columns)}`;
    }
  }
  return [...lines, line.trimEnd()];
}

/** `USD -12.50` */
export const money = (nanos: Nanos, currency: Currency): string => `${currency.toUpperCase()} ${formatAmount(nanos)}`;

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
