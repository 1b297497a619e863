import { Refusal } from "../../kernel/errors.ts";
import { type Currency, parseAmount } from "../../kernel/money.ts";
import {
  type Component,
  type Cycle,
  type Customer,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  freeUnitsOf,
  listCustomers,
  listKeys,
  listPlans,
  listProducts,
  listRateCards,
  listSubscriptions,
  meteredUnits,
  parseComponentForms,
  receivePayment,
  revokeKey,
} from "../../sell/index.ts";
import { attributeCustomer } from "../../channel/index.ts";
import { type Command, type Invocation, argument, required, wholeNumber } from "../command.ts";
import { readJson } from "../files.ts";
import { resolveCustomer, resolvePartner, resolvePlan, resolveProduct } from "../names.ts";
import { table } from "../terminal.ts";
import { amount, instant, pageLimit, when } from "../words.ts";

const unitsMax = 1_000_000_000_000;

export const productCreate: Command = {
  name: "product create",
  summary: "name something to sell: access to an endpoint",
  args: ["NAME"],
  options: { endpoint: { type: "text", required: true, help: "the endpoint it sells" } },
  example: "millrace product create spam-api --endpoint spam-filter",
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const product = await createProduct(store, {
      name: argument(invocation, 0, "product's name"),
      endpoint: required(invocation, "endpoint"),
      nowMs: clock.now(),
    });
    return {
      data: product,
      text: `Product ${product.name} sells the endpoint ${product.endpoint}.\n  ${product.id}\n`,
      next: [`millrace plan create NAME --product ${product.name} --fee 29 --per-thousand 2 --free 500`],
    };
  },
};

export const productList: Command = {
  name: "product list",
  summary: "products, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listProducts(store, { limit: pageLimit(invocation) });
    return {
      data,
      text: table(
        ["product", "endpoint", "id"],
        data.map(({ name, endpoint, id }) => [name, endpoint, id]),
      ),
    };
  },
};

/** `--per-thousand` and `--free`, or `--component` once for each unit, or `--components` with a file of any prices. */
export async function componentsOf(invocation: Invocation): Promise<Component[]> {
  const file = invocation.text("components");
  if (file !== undefined) return parseComponentForms(await readJson(file));
  const written = invocation.list("component");
  if (written.length === 0) {
    const perThousandNanos = parseAmount(required(invocation, "per-thousand"), "per-thousand");
    const freeUnits = wholeNumber(invocation, "free", { min: 0, max: unitsMax }) ?? 0;
    return [{ unit: "predictions", price: { kind: "per_unit", perThousandNanos, freeUnits } }];
  }
  for (const name of ["per-thousand", "free"]) {
    if (invocation.text(name) === undefined) continue;
    throw new Refusal("invalid_request", `--component says it all; leave --${name} out.`, { param: name });
  }
  return written.map((text) => {
    const [, unit, perThousand, free = "0"] = /^([a-z_]+)=([\d.]+)(?::(\d+))?$/.exec(text) ?? [];
    const known = meteredUnits.find((each) => each === unit);
    if (!known || perThousand === undefined) {
      throw new Refusal("invalid_request", `"${text}" is not written UNIT=AMOUNT or UNIT=AMOUNT:FREE.`, {
        param: "component",
        hint: `Units are ${meteredUnits.join(", ")}.`,
      });
    }
    const perThousandNanos = parseAmount(perThousand, "component");
    return { unit: known, price: { kind: "per_unit", perThousandNanos, freeUnits: Number(free) } };
  });
}

/** Price and free units of a plan for predictions alone; how many units are priced of another. */
function shortPrice(components: readonly Component[], currency: Currency): [string, string] {
  const [only, ...others] = components;
  if (only?.unit !== "predictions" || others.length > 0) return [`${components.length} prices`, ""];
  const { price } = only;
  if (price.kind !== "per_unit") return [price.kind, String(freeUnitsOf(price))];
  return [amount(price.perThousandNanos, currency), String(price.freeUnits)];
}

/** `month`, `3-months`, `calendar-week`. */
function cycleOf(text: string): Cycle {
  const [, calendar, every = "1", unit] = /^(calendar-)?(?:(\d{1,3})-)?(day|week|month|year)s?$/.exec(text) ?? [];
  if (unit === "day" || unit === "week" || unit === "month" || unit === "year")
    return { every: Number(every), unit, align: calendar ? "calendar" : "anniversary" };
  throw new Refusal("invalid_request", `"${text}" is not a cycle like month, 3-months or calendar-week.`, {
    param: "every",
  });
}

export const planCreate: Command = {
  name: "plan create",
  summary: "price a product: monthly fee, price per 1,000 predictions, free allowance",
  args: ["NAME"],
  options: {
    product: { type: "text", required: true, help: "the product" },
    fee: { type: "text", value: "AMOUNT", help: "monthly fee (default 0)" },
    "per-thousand": { type: "text", value: "AMOUNT", help: "price of 1,000 predictions" },
    free: { type: "text", value: "UNITS", help: "predictions free each month (default 0)" },
    component: {
      type: "list",
      value: "UNIT=AMOUNT[:FREE]",
      help: "in place of these two: the price of 1,000 of a unit, and how many are free; again for each unit",
    },
    every: { type: "text", value: "CYCLE", help: "month (default), week, day, year, 3-months, calendar-month, …" },
    trial: { type: "text", value: "DAYS", help: "days at the beginning in which nothing is charged" },
    offered: { type: "switch", help: "customers may put themselves on it" },
    components: { type: "text", value: "FILE", help: "JSON with prices of any kind, as the guide shows them" },
    cap: { type: "text", value: "AMOUNT", help: "most a customer may spend on usage in one month" },
  },
  example: "millrace plan create starter --product spam-api --per-thousand 2",
  async run(invocation) {
    const app = await invocation.world.open();
    const cap = invocation.text("cap");
    const plan = await createPlan(app.store, {
      product: await resolveProduct(app.store, required(invocation, "product")),
      name: argument(invocation, 0, "plan's name"),
      currency: app.currency,
      feeNanos: parseAmount(invocation.text("fee") ?? "0", "fee"),
      components: await componentsOf(invocation),
      cycle: cycleOf(invocation.text("every") ?? "month"),
      trialDays: wholeNumber(invocation, "trial", { min: 0, max: 366 }) ?? 0,
      offered: invocation.has("offered"),
      nowMs: app.clock.now(),
      ...(cap ? { spendCapNanos: parseAmount(cap, "cap") } : {}),
    });
    return {
      data: plan,
      text: `Plan ${plan.name} is on sale.\n  ${plan.id}\n`,
      next: [`millrace customer create NAME --plan ${plan.name}`],
    };
  },
};

export const planList: Command = {
  name: "plan list",
  summary: "plans with their newest prices",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listPlans(store, { limit: pageLimit(invocation) });
    const plans = await Promise.all(data.map(async (plan) => ({ plan, cards: await listRateCards(store, plan.id) })));
    const rows = plans.map(({ plan, cards }) => {
      const card = cards.at(-1);
      return [
        plan.name,
        card ? amount(card.feeNanos, plan.currency) : "",
        ...(card ? shortPrice(card.components, plan.currency) : ["", ""]),
        plan.id,
      ];
    });
    return { data: plans, text: table(["plan", "monthly", "per 1,000", "free", "id"], rows) };
  },
};

export const customerCreate: Command = {
  name: "customer create",
  summary: "add a customer, subscribe it to a plan, attribute it to a partner",
  args: ["NAME"],
  options: {
    plan: { type: "text", help: "subscribe to this plan now" },
    partner: { type: "text", help: "the partner who brought it; the first one stays" },
    prepaid: { type: "switch", help: "pays first (default: pays by invoice, up to --credit)" },
    credit: { type: "text", value: "AMOUNT", help: "how far it may owe before calls are refused (default 100)" },
    learn: { type: "switch", help: "it agreed that its inputs are kept and learned from" },
    "time-zone": { type: "text", value: "ZONE", help: "IANA zone of its months (default UTC)" },
  },
  example: "millrace customer create 'Mail host' --plan starter --learn",
  async run(invocation) {
    const app = await invocation.world.open();
    const nowMs = app.clock.now();
    const partner = invocation.text("partner");
    const plan = invocation.text("plan");
    const customer = await app.store.transaction(async (tx) => {
      const created = await createCustomer(tx, {
        name: argument(invocation, 0, "customer's name"),
        currency: app.currency,
        terms: invocation.has("prepaid")
          ? { kind: "prepaid" }
          : { kind: "postpaid", creditLimitNanos: parseAmount(invocation.text("credit") ?? "100", "credit") },
        dataUse: invocation.has("learn") ? "improve" : "none",
        timeZone: invocation.text("time-zone") ?? "UTC",
        nowMs,
      });
      if (partner) {
        await attributeCustomer(tx, {
          customer: created.id,
          partner: await resolvePartner(tx, partner),
          reason: "named when the customer was created",
          nowMs,
        });
      }
      if (plan) await subscribe(invocation, tx, created, plan, nowMs);
      return created;
    });
    return {
      data: customer,
      text: `Customer ${customer.name} (${customer.id})${plan ? ` is on ${plan}` : ""}${partner ? `, brought by ${partner}` : ""}.\n`,
      next: [`millrace key create "${customer.name}"`],
    };
  },
};

async function subscribe(
  invocation: Invocation,
  db: Parameters<typeof createSubscription>[0],
  customer: Customer,
  plan: string,
  nowMs: number,
): Promise<void> {
  await createSubscription(db, {
    customer: customer.id,
    plan: await resolvePlan(db, plan),
    anchorMs: nowMs,
    timeZone: invocation.text("time-zone") ?? "UTC",
    nowMs,
  });
}

export const customerList: Command = {
  name: "customer list",
  summary: "customers, newest first",
  args: [],
  options: { limit: { type: "text", help: "how many (default 20)" } },
  async run(invocation) {
    const { store } = await invocation.world.open();
    const { data } = await listCustomers(store, { limit: pageLimit(invocation) });
    const rows = data.map(({ name, terms, dataUse, partner, id }) => [name, terms, dataUse, partner ?? "direct", id]);
    return { data, text: table(["customer", "pays", "its data", "channel", "id"], rows) };
  },
};

export const subscriptionCreate: Command = {
  name: "subscription create",
  summary: "put a customer on a plan from now on",
  args: ["CUSTOMER", "PLAN"],
  options: { "time-zone": { type: "text", value: "ZONE", help: "IANA zone of its months (default UTC)" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const nowMs = clock.now();
    const subscription = await createSubscription(store, {
      customer: await resolveCustomer(store, argument(invocation, 0, "customer")),
      plan: await resolvePlan(store, argument(invocation, 1, "plan")),
      anchorMs: nowMs,
      timeZone: invocation.text("time-zone") ?? "UTC",
      nowMs,
    });
    return { data: subscription, text: `Subscribed (${subscription.id}) from ${when(nowMs)} UTC.\n` };
  },
};

export const subscriptionList: Command = {
  name: "subscription list",
  summary: "a customer's subscriptions",
  args: ["CUSTOMER"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const { data } = await listSubscriptions(store, { customer });
    const rows = data.map(({ id, plan, anchorMs, timeZone }) => [id, plan, when(anchorMs), timeZone]);
    return { data, text: table(["subscription", "plan", "since (UTC)", "zone"], rows) };
  },
};

export const keyCreate: Command = {
  name: "key create",
  summary: "make an API key for a customer; its secret is shown once",
  args: ["CUSTOMER"],
  options: {
    name: { type: "text", help: "what the key is for (default: default)" },
    quota: { type: "text", value: "UNITS", help: "most predictions it may ever make" },
    address: { type: "list", value: "CIDR", help: "where it may be used from; again for each" },
    until: { type: "text", value: "DATE", help: "when it expires, UTC" },
  },
  async run(invocation) {
    const app = await invocation.world.open();
    const [addresses, expiresAtMs] = [invocation.list("address"), instant(invocation.text("until"), "until")];
    const quotaUnits = wholeNumber(invocation, "quota", { min: 0, max: unitsMax });
    const { key, secret } = await createKey(app.store, {
      customer: await resolveCustomer(app.store, argument(invocation, 0, "customer")),
      name: invocation.text("name") ?? "default",
      pepper: app.pepper,
      nowMs: app.clock.now(),
      ...(quotaUnits === undefined ? {} : { quotaUnits }),
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    });
    return {
      data: { ...key, secret: secret.reveal() },
      text: `Key ${key.id}. Its secret, shown only now: ${secret.reveal()}\n`,
      next: ["millrace serve"],
    };
  },
};

export const keyList: Command = {
  name: "key list",
  summary: "a customer's keys and what they used",
  args: ["CUSTOMER"],
  options: {},
  async run(invocation) {
    const { store } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const { data } = await listKeys(store, { customer });
    const rows = data.map((key) => [
      key.id,
      key.name,
      `…${key.lastFour}`,
      String(key.usedUnits),
      key.quotaUnits === null ? "none" : String(key.quotaUnits),
      key.revokedAtMs === null ? "active" : "revoked",
      key.addresses?.join(" ") ?? "anywhere",
      key.expiresAtMs === null ? "never" : when(key.expiresAtMs),
    ]);
    return { data, text: table(["key", "name", "secret", "used", "quota", "state", "from", "expires"], rows) };
  },
};

export const keyRevoke: Command = {
  name: "key revoke",
  summary: "make a key useless within a second",
  args: ["CUSTOMER", "KEY"],
  options: {},
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const key = argument(invocation, 1, "key's id");
    if (!key.startsWith("key_")) throw new Refusal("invalid_request", "A key's id starts with key_.");
    await revokeKey(store, { customer, key: key, nowMs: clock.now() });
    return { data: { key, revoked: true }, text: `${key} is revoked.\n` };
  },
};

export const paymentReceive: Command = {
  name: "payment receive",
  summary: "record money a customer paid: what is due first, the rest is balance",
  args: ["CUSTOMER", "AMOUNT"],
  options: { reference: { type: "text", required: true, help: "the payment's own id; the same one counts once" } },
  async run(invocation) {
    const { store, clock } = await invocation.world.open();
    const customer = await resolveCustomer(store, argument(invocation, 0, "customer"));
    const received = await receivePayment(store, {
      customer,
      amountNanos: parseAmount(argument(invocation, 1, "amount")),
      reference: required(invocation, "reference"),
      nowMs: clock.now(),
    });
    return {
      data: received,
      text: received.state === "duplicate" ? "Recorded before; nothing changed.\n" : "Recorded.\n",
    };
  },
};
