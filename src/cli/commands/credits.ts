import { parseAmount } from "../../kernel/money.ts";
import {
  createCreditCode,
  getCustomer,
  grantCredit,
  listGrants,
  manualProvider,
  runBilling,
  setBalanceAlert,
  setTopUp,
} from "../../sell/index.ts";
import { type Command, argument, required, wholeNumber } from "../command.ts";
import { resolveCustomer, resolveProduct } from "../names.ts";
import { table } from "../terminal.ts";
import { amount, instant, when } from "../words.ts";

export const creditGrant: Command = {
  name: "credit grant",
  summary: "give a prepaid customer credit that nobody paid for",
  args: ["CUSTOMER", "AMOUNT"],
  options: {
    for: { type: "text", required: true, help: "why, in a few words" },
    until: { type: "text", value: "DATE", help: "when what is left of it expires, UTC" },
    priority: { type: "text", value: "N", help: "lower burns first (default 100)" },
    product: { type: "list", value: "PRODUCT", help: "it pays for usage of this one alone; again for each" },
    rollover: { type: "text", value: "DAYS", help: "what is left lives so long once more" },
  },
  example: "millrace credit grant Hobby 10 --until 2027-01-01 --product Support",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const named = invocation.list("product");
    const products = await Promise.all(named.map((text) => resolveProduct(store, text)));
    const grant = await grantCredit(store, {
      customer: await resolveCustomer(store, argument(invocation, 0, "customer")),
      amountNanos: parseAmount(argument(invocation, 1, "amount")),
      source: required(invocation, "for"),
      priority: wholeNumber(invocation, "priority", { min: 0, max: 1_000 }) ?? 100,
      expiresAtMs: instant(invocation.text("until"), "until") ?? null,
      rolloverDays: wholeNumber(invocation, "rollover", { min: 1, max: 366 }) ?? null,
      products: products.length === 0 ? null : products,
      nowMs: clock.now(),
    });
    return { data: grant, text: `Granted (${grant.id}).\n` };
  },
};

export const creditList: Command = {
  name: "credit list",
  summary: "what a prepaid balance is made of, in the order in which it burns",
  args: ["CUSTOMER"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await getCustomer(store, await resolveCustomer(store, argument(invocation, 0, "customer")));
    const grants = await listGrants(store, { customer: customer.id, nowMs: clock.now() });
    const rows = grants.map((grant) => [
      grant.source,
      grant.kind,
      amount(grant.remainingNanos, customer.currency),
      amount(grant.amountNanos, customer.currency),
      grant.expiresAtMs === null ? "never" : when(grant.expiresAtMs),
      grant.products === null ? "everything" : grant.products.map(({ name }) => name).join(", "),
    ]);
    return { data: grants, text: table(["for", "kind", "left", "of", "expires (UTC)", "pays for"], rows) };
  },
};

export const creditCode: Command = {
  name: "credit code",
  summary: "a code that prepaid customers turn into credit, each once",
  args: ["CODE", "AMOUNT"],
  options: {
    days: { type: "text", value: "N", help: "how long the credit lives (default: for ever)" },
    uses: { type: "text", value: "N", help: "how often it may be redeemed (default: without limit)" },
    until: { type: "text", value: "DATE", help: "first day that it is no longer redeemed, UTC" },
  },
  async run(invocation) {
    const { store, clock, currency } = await invocation.world.open();
    const made = await createCreditCode(store, {
      code: argument(invocation, 0, "code"),
      amountNanos: parseAmount(argument(invocation, 1, "amount")),
      currency,
      validDays: wholeNumber(invocation, "days", { min: 1, max: 1e6 }) ?? null,
      redemptionsMax: wholeNumber(invocation, "uses", { min: 1, max: 1e6 }) ?? null,
      expiresAtMs: instant(invocation.text("until"), "until") ?? null,
      nowMs: clock.now(),
    });
    return { data: made, text: `Code ${made.code}: customers redeem it with POST /v1/credits/redeem.\n` };
  },
};

export const balanceWatch: Command = {
  name: "balance watch",
  summary: "tell, or charge the payment method, when less than this is left",
  args: ["CUSTOMER", "THRESHOLD"],
  options: {
    "top-up": { type: "text", value: "AMOUNT", help: "charge so much each time; without it only an event tells" },
  },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const thresholdNanos = parseAmount(argument(invocation, 1, "threshold"), "threshold");
    const topUp = invocation.text("top-up");
    if (topUp === undefined) await setBalanceAlert(store, { customer, thresholdNanos });
    else await setTopUp(store, customer, { thresholdNanos, amountNanos: parseAmount(topUp, "top-up") });
    return { data: { customer, thresholdNanos }, text: "The balance is watched by a running server.\n" };
  },
};

export const billingRun: Command = {
  name: "billing run",
  summary: "reminders, expiring credits and alerts that are due; a running server does so by itself",
  args: [],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const told = await runBilling(store, new Map([["manual", manualProvider]]), clock.now());
    const text = `${told.overdue} became overdue, ${told.reminders} reminders, ${told.expiredCredits} credits expired, ${told.low} low balances.\n`;
    return { data: told, text };
  },
};
