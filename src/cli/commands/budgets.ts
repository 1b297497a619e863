import { Refusal } from "../../kernel/errors.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type BudgetScope,
  budgetCycles,
  budgetModes,
  budgetSpending,
  endBudget,
  listBudgets,
  setBudget,
} from "../../sell/index.ts";
import { type Command, type Invocation, argument, wholeNumber } from "../command.ts";
import { resolveCustomer, resolveProduct } from "../names.ts";
import { table } from "../terminal.ts";
import { amount, pageLimit, when } from "../words.ts";

/** `--key`, `--product` or `--end-user`; none of them is the whole customer. */
async function aboutOf(invocation: Invocation): Promise<{ scope: BudgetScope; subject: string | null }> {
  const { store } = await invocation.world.open();
  const [key, product, endUser] = ["key", "product", "end-user"].map((name) => invocation.text(name));
  if ([key, product, endUser].filter((given) => given !== undefined).length > 1) {
    throw new Refusal("invalid_request", "A budget is for one of --key, --product and --end-user.", { param: "key" });
  }
  if (key !== undefined) return { scope: "key", subject: key };
  if (product !== undefined) return { scope: "product", subject: await resolveProduct(store, product) };
  return endUser === undefined ? { scope: "customer", subject: null } : { scope: "end_user", subject: endUser };
}

function oneOf<T extends string>(invocation: Invocation, name: string, words: readonly T[], fallback: T): T {
  const text = invocation.text(name) ?? fallback;
  const known = words.find((word) => word === text);
  if (known) return known;
  throw new Refusal("invalid_request", `--${name} is one of ${words.join(", ")}, not "${text}".`, { param: name });
}

export const budgetSet: Command = {
  name: "budget set",
  summary: "set or change what a customer, a key, a product or an end user may spend",
  args: ["CUSTOMER", "AMOUNT"],
  options: {
    key: { type: "text", help: "only what this key spends" },
    product: { type: "text", help: "only what is spent on this product" },
    "end-user": { type: "text", value: "USER", help: "only what is asked for this user of the customer's; *: each" },
    every: { type: "text", value: "CYCLE", help: "month (default), day or total, in the customer's time zone" },
    mode: { type: "text", help: "hard (default) refuses; soft only tells webhooks" },
    alert: { type: "text", value: "PERCENT", help: "tells webhooks when so much of it is spent" },
  },
  example: "millrace budget set Hobby 5 --end-user '*' --every day",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const budget = await setBudget(store, {
      customer: await resolveCustomer(store, argument(invocation, 0, "customer")),
      ...(await aboutOf(invocation)),
      amountNanos: parseAmount(argument(invocation, 1, "amount")),
      every: oneOf(invocation, "every", budgetCycles, "month"),
      mode: oneOf(invocation, "mode", budgetModes, "hard"),
      alertPercent: wholeNumber(invocation, "alert", { min: 1, max: 100 }) ?? null,
      setBy: "operator",
      nowMs: clock.now(),
    });
    return { data: budget, text: `Budget set (${budget.id}), within a second from now.\n` };
  },
};

export const budgetList: Command = {
  name: "budget list",
  summary: "a customer's budgets and how far they are spent",
  args: ["CUSTOMER"],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const { data } = await listBudgets(store, { customer, limit: pageLimit(invocation) });
    const told = await Promise.all(
      data.map(async (budget) => ({ budget, spending: await budgetSpending(store, { budget, atMs: clock.now() }) })),
    );
    const rows = told.flatMap(({ budget, spending }) => {
      const { id, scope, subject, every, mode, amountNanos, currency } = budget;
      const windows = spending.length > 0 ? spending : [undefined];
      return windows.map((window) => [
        scope.replace("_", " "),
        window?.endUser ?? subject ?? "",
        every,
        mode,
        amount(window?.spentNanos ?? 0n, currency),
        amount(amountNanos, currency),
        every === "total" || !window ? "" : when(window.endMs),
        id,
      ]);
    });
    return { data: told, text: table(["of", "which", "every", "mode", "spent", "budget", "until (UTC)", "id"], rows) };
  },
};

export const budgetEnd: Command = {
  name: "budget end",
  summary: "end a budget: it counts and refuses nothing any more",
  args: ["CUSTOMER", "BUDGET"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const ended = await endBudget(store, {
      customer,
      budget: argument(invocation, 1, "budget's id"),
      nowMs: clock.now(),
    });
    return { data: ended, text: `${ended.id} has ended.\n` };
  },
};
