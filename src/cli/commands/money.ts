import { closeMonth, issueCreditNote } from "../../channel/index.ts";
import {
  conservation,
  examine,
  isHealthy,
  renderChecks,
  renderConservation,
  renderWheel,
  wheelReport,
} from "../../insight/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type CreditPart,
  balanceOfCustomer,
  getCustomer,
  getInvoice,
  listInvoices,
  renderInvoice,
} from "../../sell/index.ts";
import { type Command, type Invocation, argument, required } from "../command.ts";
import { resolveCustomer } from "../names.ts";
import { facts, table } from "../terminal.ts";
import { amount, instant, pageLimit, when } from "../words.ts";

export const invoiceClose: Command = {
  name: "invoice close",
  summary:
    "issue the invoices of every period that has ended, with their commissions; running it again changes nothing",
  args: [],
  options: {
    "as-of": {
      type: "text",
      value: "DATE",
      help: "close as if it were this day, UTC: periods that end later stay open (default: now)",
    },
  },
  example: "millrace invoice close",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const nowMs = clock.now();
    const asOfMs = instant(invocation.text("as-of"), "as-of") ?? nowMs;
    const report = await closeMonth(store, { asOfMs, nowMs });
    const invoices = await Promise.all(report.issued.map((invoice) => getInvoice(store, { customer: "any", invoice })));
    const rows = invoices.map((invoice) => [
      String(invoice.number),
      invoice.customer,
      `${when(invoice.startMs).slice(0, 10)} to ${when(invoice.endMs).slice(0, 10)}`,
      amount(invoice.totalNanos, invoice.currency),
    ]);
    const inFlight =
      report.inFlight.length > 0 ? `${report.inFlight.length} periods have requests in flight and stay open.\n` : "";
    const failed = report.failed.map(({ subscription, reason }) => `${subscription} cannot be closed: ${reason}\n`);
    const open = `${inFlight}${failed.join("")}`;
    return {
      data: { ...report, invoices },
      text:
        invoices.length > 0
          ? `${table(["invoice", "customer", "period", "total"], rows)}${open}`
          : open || "Nothing is due.\n",
      ...(failed.length > 0 ? { exitCode: 1 } : {}),
      next: ["millrace invoice show INVOICE", "millrace report"],
    };
  },
};

export const invoiceList: Command = {
  name: "invoice list",
  summary: "invoices and credit notes, newest first",
  args: [],
  options: {
    customer: { type: "text", help: "only this customer's" },
    limit: { type: "text", help: "how many (default 20)" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const named = invocation.text("customer");
    const customer = named ? await resolveCustomer(store, named) : "any";
    const { data } = await listInvoices(store, { customer, limit: pageLimit(invocation) });
    const rows = data.map((invoice) => [
      String(invoice.number),
      invoice.kind,
      when(invoice.issuedAtMs).slice(0, 10),
      amount(invoice.totalNanos, invoice.currency),
      invoice.id,
    ]);
    return { data, text: table(["number", "kind", "issued", "total", "id"], rows) };
  },
};

export const invoiceShow: Command = {
  name: "invoice show",
  summary: "one invoice or credit note as its customer sees it",
  args: ["INVOICE"],
  options: {},
  async run(invocation) {
    const app = await invocation.world.open();
    const { store } = app;
    const invoice = await getInvoice(store, { customer: "any", invoice: argument(invocation, 0, "invoice's id") });
    return {
      data: invoice,
      text: renderInvoice({
        invoice,
        customerName: (await getCustomer(store, invoice.customer)).name,
        sellerName: app.sellerName,
      }),
    };
  },
};

function partAsked(invocation: Invocation): CreditPart {
  const [amountText, lines] = [invocation.text("amount"), invocation.list("line")];
  return {
    ...(amountText === undefined ? {} : { amountNanos: parseAmount(amountText, "amount") }),
    ...(lines.length === 0 ? {} : { lines: lines.map(lineAsked) }),
  };
}

function lineAsked(text: string) {
  const [, position, amountText] = /^(\d{1,4})=(.+)$/.exec(text) ?? [];
  if (position === undefined || amountText === undefined)
    throw new Refusal("invalid_request", `--line ${text} is not N=AMOUNT.`, { param: "line" });
  return { position: Number(position), amountNanos: parseAmount(amountText, "line") };
}

export const invoiceCredit: Command = {
  name: "invoice credit",
  summary: "take an invoice back by a credit note, whole or in part",
  args: ["INVOICE"],
  options: {
    reason: { type: "text", required: true, help: "why, printed on the credit note" },
    amount: { type: "text", value: "AMOUNT", help: "a part of the total, with its tax (default: all)" },
    line: { type: "list", value: "N=AMOUNT", help: "a part of the line N, from 0; again for each" },
  },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const credited = await issueCreditNote(store, {
      invoice: argument(invocation, 0, "invoice's id") as Id<"invoice">,
      reason: required(invocation, "reason"),
      nowMs: clock.now(),
      ...partAsked(invocation),
    });
    return {
      data: credited,
      text:
        credited.state === "already"
          ? "It was credited before; nothing changed.\n"
          : `Credit note ${credited.creditNote.id}.\n`,
    };
  },
};

export const balanceShow: Command = {
  name: "balance show",
  summary: "what a customer may still spend, and what it owes",
  args: ["CUSTOMER"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const balance = await balanceOfCustomer(store, await resolveCustomer(store, argument(invocation, 0, "customer")));
    const line = (nanos: bigint): string => amount(nanos, balance.currency);
    return {
      data: balance,
      text: facts([
        ["Balance", line(balance.balanceNanos)],
        ["Held for requests in flight", line(balance.heldNanos)],
        ...(balance.keptNanos > 0n ? [["Kept to some products", line(balance.keptNanos)] as const] : []),
        ["Credit limit", line(balance.creditLimitNanos ?? 0n)],
        ["Available", line(balance.availableNanos)],
        ["Due beyond the balance", line(balance.dueNanos)],
      ]),
    };
  },
};

export const report: Command = {
  name: "report",
  summary: "the wheel report: per model version, customer and partner, quality beside money",
  args: [],
  options: {
    from: { type: "text", value: "DATE", help: "first day, UTC (default: the beginning)" },
    to: { type: "text", value: "DATE", help: "first day that no longer counts, UTC (default: everything)" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const wheel = await wheelReport(store, {
      fromMs: instant(invocation.text("from"), "from") ?? 0,
      toMs: instant(invocation.text("to"), "to") ?? Number.MAX_SAFE_INTEGER,
    });
    return { data: wheel, text: renderWheel(wheel) };
  },
};

export const doctor: Command = {
  name: "doctor",
  summary: "check every promise on this data folder or database: parity, conservation, files",
  args: [],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const checks = await examine(store, clock.now());
    const counts = await conservation(store);
    const healthy = isHealthy(checks);
    return {
      data: { healthy, checks, conservation: counts },
      text: `${renderChecks(checks)}\n${renderConservation(counts)}${healthy ? "Healthy.\n" : "NOT healthy.\n"}`,
      exitCode: healthy ? 0 : 1,
    };
  },
};
