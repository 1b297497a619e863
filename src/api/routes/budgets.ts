import { z } from "zod";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { parseAmount } from "../../kernel/money.ts";
import {
  type Budget,
  type BudgetSpending,
  budgetCycles,
  budgetModes,
  budgetScopes,
  budgetSpending,
  endBudget,
  getBudget,
  listBudgets,
  setBudget,
} from "../../sell/index.ts";
import type { ApiDeps } from "../deps.ts";
import { type Route, route } from "../route.ts";
import { amount, idParams, listOf, money, moneyOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { customerOf } from "./customer.ts";
import { managerOf } from "./portal.ts";

const fields = {
  every: z
    .enum(budgetCycles)
    .default("month")
    .describe("Calendar months or days of its time zone, or once and for all."),
  mode: z
    .enum(budgetModes)
    .default("hard")
    .describe("Hard refuses what it has no room for; soft only tells, by `budget.reached`."),
  amount,
  alert_percent: z.number().int().min(1).max(100).nullish().describe("Tells `budget.threshold` at this part of it."),
};
const subject = z.string().min(1).max(limits.endUserCharsMax);

const budgetShape = z.strictObject({
  object: z.literal("budget"),
  id: z.string(),
  customer: z.string(),
  scope: z.enum(budgetScopes),
  subject: z
    .string()
    .nullable()
    .describe("The key, product or end user; `*`: each end user. Null: the whole customer."),
  every: z.enum(budgetCycles),
  mode: z.enum(budgetModes),
  amount: money,
  alert_percent: z.number().int().nullable(),
  time_zone: z.string(),
  set_by: z.enum(["operator", "customer"]),
  created_at_ms: unixMs,
  ended_at_ms: unixMs.nullable(),
});
const budgetOf = (budget: Budget): z.input<typeof budgetShape> => ({
  object: "budget",
  id: budget.id,
  customer: budget.customer,
  scope: budget.scope,
  subject: budget.subject,
  every: budget.every,
  mode: budget.mode,
  amount: moneyOf(budget.amountNanos, budget.currency),
  alert_percent: budget.alertPercent,
  time_zone: budget.timeZone,
  set_by: budget.setBy,
  created_at_ms: budget.createdAtMs,
  ended_at_ms: budget.endedAtMs,
});

const spendingShape = z.strictObject({
  end_user: z.string().nullable(),
  start_ms: unixMs,
  end_ms: unixMs,
  spent: money,
  held: money.describe("By requests in flight, and by what is ready for the next ones."),
});
const spentShape = budgetShape.extend({
  spending: z.array(spendingShape).describe("Now; of a budget for each end user, those who spent most."),
});

async function spentOf({ store, clock }: ApiDeps, budget: Budget): Promise<z.input<typeof spentShape>> {
  const spending = await budgetSpending(store, { budget, atMs: clock.now() });
  const spendingOf = ({ endUser, startMs, endMs, spentNanos, heldNanos }: BudgetSpending) => ({
    end_user: endUser,
    start_ms: startMs,
    end_ms: endMs,
    spent: moneyOf(spentNanos, budget.currency),
    held: moneyOf(heldNanos, budget.currency),
  });
  return { ...budgetOf(budget), spending: spending.map(spendingOf) };
}

type Fields = z.output<z.ZodObject<typeof fields>>;
const inputOf = ({ every, mode, amount: text, alert_percent: alertPercent }: Fields, nowMs: number) => ({
  every,
  mode,
  amountNanos: parseAmount(text, "amount"),
  alertPercent: alertPercent ?? null,
  nowMs,
});

const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});
const budgetParams = idParams.extend({ budget: idParams.shape.id });

const teamRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/budgets",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Set a budget of a customer, or of a key, product or end user of it; again: change it",
    params: idParams,
    body: z.strictObject({
      scope: z.enum(budgetScopes).default("customer"),
      subject: subject.optional().describe("Which key, product or end user; `*`: each end user."),
      time_zone: z.string().max(100).optional().describe("IANA name; the customer's if left out."),
      ...fields,
    }),
    status: 201,
    response: spentShape,
    async handle({ deps, params, body }) {
      const budget = await setBudget(deps.store, {
        customer: params.id as Id<"customer">,
        scope: body.scope,
        subject: body.subject ?? null,
        ...(body.time_zone === undefined ? {} : { timeZone: body.time_zone }),
        setBy: "operator",
        ...inputOf(body, deps.clock.now()),
      });
      return spentOf(deps, budget);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/budgets",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "List a customer's budgets, newest first",
    params: idParams,
    query: pageQuery,
    response: listOf(budgetShape),
    handle: async ({ deps, params, query: { limit, cursor } }) => {
      const customer = params.id as Id<"customer">;
      return pageShape(await listBudgets(deps.store, { customer, limit, ...before(cursor) }), budgetOf);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/customers/:id/budgets/:budget",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Get a budget and how far it is spent",
    params: budgetParams,
    response: spentShape,
    async handle({ deps, params }) {
      const ask = { customer: params.id as Id<"customer">, budget: params.budget };
      return spentOf(deps, await getBudget(deps.store, ask));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/budgets/:budget/end",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "End a budget: it counts and refuses nothing any more",
    params: budgetParams,
    response: budgetShape,
    async handle({ deps, params }) {
      const ask = { customer: params.id as Id<"customer">, budget: params.budget, nowMs: deps.clock.now() };
      return budgetOf(await endBudget(deps.store, ask));
    },
  }),
];

const tag = "For customers";

const ownRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/budgets",
    who: "customer",
    tag,
    summary: "Set a budget of one of your keys or end users; again: change it",
    body: z.strictObject({
      scope: z.enum(["key", "end_user"]),
      subject: subject.describe("The key's id, or what you send as `user`; `*`: each end user."),
      ...fields,
    }),
    status: 201,
    response: spentShape,
    async handle(call) {
      const { deps, body } = call;
      const budget = await setBudget(deps.store, {
        customer: await managerOf(call),
        scope: body.scope,
        subject: body.subject,
        setBy: "customer",
        ...inputOf(body, deps.clock.now()),
      });
      return spentOf(deps, budget);
    },
  }),
  route({
    method: "GET",
    path: "/v1/budgets",
    who: "customer",
    tag,
    summary: "List your budgets, newest first: yours and those set for you",
    query: pageQuery,
    response: listOf(budgetShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit, ...before(cursor) };
      return pageShape(await listBudgets(call.deps.store, page), budgetOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/budgets/:id",
    who: "customer",
    tag,
    summary: "Get one of your budgets and how far it is spent",
    params: idParams,
    response: spentShape,
    async handle(call) {
      const ask = { customer: await customerOf(call), budget: call.params.id };
      return spentOf(call.deps, await getBudget(call.deps.store, ask));
    },
  }),
  route({
    method: "POST",
    path: "/v1/budgets/:id/end",
    who: "customer",
    tag,
    summary: "End a budget that you have set",
    params: idParams,
    response: budgetShape,
    async handle(call) {
      const { store, clock } = call.deps;
      const ask = { customer: await managerOf(call), budget: call.params.id };
      const { setBy } = await getBudget(store, ask);
      if (setBy === "operator") throw new Refusal("forbidden", "This budget was set for you; ask who sells to you.");
      return budgetOf(await endBudget(store, { ...ask, nowMs: clock.now() }));
    },
  }),
];

/** What may be spent: by a customer, a key, a product or an end user, in a month, a day or in all. */
export const budgetRoutes: readonly Route[] = [...teamRoutes, ...ownRoutes];
