import { z } from "zod";
import { answerTrial } from "../../gateway/index.ts";
import { countDailyUse, hashNewPassword, openNewUser } from "../../identity/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import {
  type ProductPage,
  createCustomer,
  createKey,
  createSubscription,
  getPlan,
  getProductPage,
  getShownPage,
  listPlans,
  listShownPages,
  setProductPage,
} from "../../sell/index.ts";
import { setSession } from "../cookies.ts";
import { inputOf, inputShape } from "../inputs.ts";
import { outputOf, outputShape } from "../predictions.ts";
import { type Route, route } from "../route.ts";
import { idParams, name } from "../shapes.ts";
import { email, ownUserOf, ownUserShape, password } from "../users.ts";
import { planOf, planShape, rateCardOf, rateCardShape } from "./catalog.ts";
import { keyOf, keyShape } from "./customers.ts";

const description = z.string().max(limits.productDescriptionCharsMax);
const examples = z.array(z.string().min(1).max(limits.tryInputCharsMax)).max(limits.productExamplesMax);
const triesPerDay = z.number().int().min(0).max(limits.triesPerDayMax);

const pageShape = z.strictObject({
  object: z.literal("product_page"),
  product: z.string(),
  shown: z.boolean(),
  description,
  examples,
  tries_per_day: triesPerDay.describe("By one address; 0 is never."),
  sign_up_plan: z.string().nullable(),
  sign_up_units: z.number().int().nullable().describe("The quota of the key that who signs up gets."),
});
const pageOf = (page: ProductPage): z.input<typeof pageShape> => ({
  object: "product_page",
  product: page.product.id,
  shown: page.shown,
  description: page.description,
  examples: [...page.examples],
  tries_per_day: page.triesPerDay,
  sign_up_plan: page.signUpPlan,
  sign_up_units: page.signUpUnits,
});

const shownShape = z.strictObject({
  object: z.literal("public_product"),
  id: z.string(),
  name: z.string(),
  endpoint: z.string(),
  description,
  examples,
  tries_per_day: z.number().int(),
  sign_up: z.boolean().describe("Whether one can sign up for it here."),
});
const shownOf = (page: ProductPage): z.input<typeof shownShape> => ({
  object: "public_product",
  id: page.product.id,
  name: page.product.name,
  endpoint: page.product.endpoint,
  description: page.description,
  examples: [...page.examples],
  tries_per_day: page.triesPerDay,
  sign_up: page.signUpPlan !== null,
});

const offeredPlan = planShape.extend({ prices: rateCardShape });
const nameParams = z.strictObject({ name: z.string().min(1).max(limits.nameCharsMax) });
const tag = "Public";

const teamRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/products/:id/page",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "What the world sees of a product",
    params: idParams,
    response: pageShape,
    handle: async ({ deps, params }) => pageOf(await getProductPage(deps.store, params.id)),
  }),
  route({
    method: "POST",
    path: "/admin/v1/products/:id/page",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Show a product to the world: words, examples, a trial, and whether strangers may sign up",
    params: idParams,
    body: z.strictObject({
      shown: z.boolean(),
      description: description.default(""),
      examples: examples.default([]),
      tries_per_day: triesPerDay.default(0),
      sign_up_plan: z.string().max(100).nullable().default(null).describe("An offered plan of the product."),
      sign_up_units: z.number().int().min(1).max(limits.quotaUnitsMax).nullable().default(null),
    }),
    response: pageShape,
    async handle({ deps, params, body }) {
      const page = await setProductPage(deps.store, {
        product: params.id,
        shown: body.shown,
        description: body.description,
        examples: body.examples,
        triesPerDay: body.tries_per_day,
        signUpPlan: body.sign_up_plan,
        signUpUnits: body.sign_up_units,
        nowMs: deps.clock.now(),
      });
      return pageOf(page);
    },
  }),
];

const trialRoute = route({
  method: "POST",
  path: "/public/v1/products/:name/try",
  who: "public",
  tag,
  summary: "Try a product: a few times a day, for nothing, without a trace of the input",
  params: nameParams,
  body: z.strictObject({ input: inputShape }),
  response: z.strictObject({ object: z.literal("trial"), id: z.string(), model: z.string(), output: outputShape }),
  async handle({ deps, params, body, from, signal }) {
    const page = await getShownPage(deps.store, params.name);
    const size = JSON.stringify(body.input).length;
    const isImage = typeof body.input === "object" && "image" in body.input;
    if (size > limits.tryInputCharsMax && !isImage)
      throw new Refusal("too_large", `To try it, ${limits.tryInputCharsMax} characters are enough.`, {
        param: "input",
      });
    await countDailyUse(deps.store, {
      what: `try:${page.product.id}`,
      address: from.address,
      perAddress: page.triesPerDay,
      perDay: limits.triesPerDayOfAll,
      pepper: deps.pepper,
      nowMs: deps.clock.now(),
    });
    const { id: product, endpoint } = page.product;
    const trial = await answerTrial(deps.gateway, { product, endpoint, signal, ...inputOf(body.input) });
    return { object: "trial" as const, id: trial.id, model: trial.model, output: outputOf(trial.output) };
  },
});

const signUpRoute = route({
  method: "POST",
  path: "/public/v1/sign-up",
  who: "visitor",
  tag,
  summary: "Become a customer of a product that is open to everybody: a user, a plan and a key",
  body: z.strictObject({
    product: z.string().min(1).max(limits.nameCharsMax).describe("Its name or id."),
    company: name,
    name,
    email,
    password,
  }),
  status: 201,
  response: z.strictObject({
    object: z.literal("sign_up"),
    user: ownUserShape,
    key: keyShape.extend({ secret: z.string().describe("In this answer only.") }),
  }),
  async handle({ deps, body, from, reply, site }) {
    const { store, pepper, clock } = deps;
    const nowMs = clock.now();
    const page = await getShownPage(store, body.product);
    if (page.signUpPlan === null)
      throw new Refusal("forbidden", "Nobody signs up for this product by itself.", { hint: "Ask its maker." });
    const limit = { perAddress: limits.signUpsPerAddress, perDay: limits.signUpsPerDay };
    await countDailyUse(store, { what: "sign-up", address: from.address, ...limit, pepper, nowMs });
    const plan = await getPlan(store, page.signUpPlan);
    const passwordHash = await hashNewPassword(deps, body);
    const made = await store.transaction(async (tx) => {
      const terms = { kind: "prepaid" } as const;
      const { id: customer } = await createCustomer(tx, { name: body.company, currency: plan.currency, terms, nowMs });
      await createSubscription(tx, { customer, plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs });
      const named = { customer, name: "first key", quotaUnits: page.signUpUnits, pepper, nowMs };
      const key = await createKey(tx, named);
      const realm = { kind: "customer", customer } as const;
      const user = { realm, email: body.email, name: body.name, passwordHash, nowMs };
      return { key, opened: await openNewUser(tx, { user, from, pepper }) };
    });
    setSession(reply, site, made.opened.secret);
    return {
      object: "sign_up" as const,
      user: await ownUserOf(deps, made.opened.user),
      key: { ...keyOf(made.key.key), secret: made.key.secret.reveal() },
    };
  },
});

export const publicRoutes: readonly Route[] = [
  ...teamRoutes,
  route({
    method: "GET",
    path: "/public/v1/products",
    who: "public",
    tag,
    summary: "What is for sale here",
    response: z.strictObject({ object: z.literal("list"), data: z.array(shownShape) }),
    handle: async ({ deps }) => ({
      object: "list" as const,
      data: (await listShownPages(deps.store)).map(shownOf),
    }),
  }),
  route({
    method: "GET",
    path: "/public/v1/products/:name",
    who: "public",
    tag,
    summary: "One product with the plans that are offered",
    params: nameParams,
    response: shownShape.extend({ plans: z.array(offeredPlan) }),
    async handle({ deps, params }) {
      const page = await getShownPage(deps.store, params.name);
      const ask = { product: page.product.id, offered: true, limit: limits.listMax };
      const { data } = await listPlans(deps.store, ask);
      const plans = data.map((plan) => ({ ...planOf(plan), prices: rateCardOf(plan.rateCard, plan.currency) }));
      return { ...shownOf(page), plans };
    },
  }),
  trialRoute,
  signUpRoute,
];
