import { revenueReport } from "../../insight/index.ts";
import { parseAmount } from "../../kernel/money.ts";
import { simulatePrices } from "../../sell/index.ts";
import { type Command, argument } from "../command.ts";
import { resolveProduct } from "../names.ts";
import { table } from "../terminal.ts";
import { amount, instant } from "../words.ts";
import { componentsOf } from "./sell.ts";

export const revenue: Command = {
  name: "report revenue",
  summary: "revenue by month from postings: recognized, deferred, recurring and its movements, cohorts",
  args: [],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const told = await revenueReport(store);
    const rows = told.months.map(({ month, currency, recurring, ...row }) => [
      month,
      amount(row.recognizedNanos, currency),
      amount(row.deferredNanos, currency),
      amount(recurring.recurringNanos, currency),
      amount(recurring.newNanos + recurring.expansionNanos + recurring.reactivationNanos, currency),
      amount(-recurring.churnNanos - recurring.contractionNanos, currency),
      recurring.netRetentionBasisPoints === null ? "" : `${recurring.netRetentionBasisPoints / 100} %`,
    ]);
    const heads = ["month", "recognized", "deferred", "recurring", "more", "less", "retention"];
    return { data: told, text: table(heads, rows) };
  },
};

export const priceSimulate: Command = {
  name: "price simulate",
  summary: "rate what was really used by a draft plan: revenue, margin, every customer's change",
  args: ["PRODUCT"],
  options: {
    fee: { type: "text", value: "AMOUNT", help: "the draft's fee (default 0)" },
    "per-thousand": { type: "text", value: "AMOUNT", help: "the draft's price of 1,000 predictions" },
    free: { type: "text", value: "UNITS", help: "predictions free each period (default 0)" },
    component: { type: "list", value: "UNIT=AMOUNT[:FREE]", help: "in place of these two; again for each unit" },
    components: { type: "text", value: "FILE", help: "JSON with prices of any kind" },
    from: { type: "text", value: "DATE", help: "periods that begin on this day or later, UTC" },
    to: { type: "text", value: "DATE", help: "periods that begin before this day, UTC" },
  },
  example: "millrace price simulate spam-api --fee 19 --per-thousand 3",
  async run(invocation) {
    const { store, currency: own } = await invocation.world.open();
    const told = await simulatePrices(store, {
      product: await resolveProduct(store, argument(invocation, 0, "product")),
      feeNanos: parseAmount(invocation.text("fee") ?? "0", "fee"),
      components: await componentsOf(invocation),
      fromMs: instant(invocation.text("from"), "from") ?? 0,
      toMs: instant(invocation.text("to"), "to") ?? Number.MAX_SAFE_INTEGER,
    });
    const of = told.currency ?? own;
    const row = (name: string, { nowNanos, draftNanos, costNanos }: typeof told | (typeof told.customers)[number]) => [
      name,
      amount(nowNanos, of),
      amount(draftNanos, of),
      amount(draftNanos - nowNanos, of),
      amount(draftNanos - costNanos, of),
    ];
    const rows = [...told.customers.map((each) => row(each.name, each)), row("all", told)];
    const text = `${told.winners} would pay less, ${told.losers} more. Nothing was changed.\n`;
    return { data: told, text: `${table(["customer", "now", "draft", "change", "margin"], rows)}${text}` };
  },
};
