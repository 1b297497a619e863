import { z } from "zod";
import { authorizeRequest } from "../../gateway/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { Secret } from "../../kernel/secret.ts";
import {
  cancelSubscription,
  changeBillingProfile,
  changePlan,
  collectionsOf,
  createKey,
  explainInvoice,
  getBillingProfile,
  getCustomer,
  getInvoice,
  getPlan,
  getSubscription,
  hasKeyBudget,
  listEvents,
  listKeys,
  listPayments,
  listPlans,
  listSubscriptions,
  renderDocument,
  renderDraft,
  resumeSubscription,
  revokeKey,
  rotateKey,
} from "../../sell/index.ts";
import { documentShape, profileChange, sendDocument } from "../billing/parse.ts";
import {
  collectionOf,
  collectionShape,
  eventOf,
  eventShape,
  explanationOf,
  explanationShape,
  paymentOf,
  paymentShape,
  profileFields,
  profileOf,
  profileShape,
  subscriptionOf,
  subscriptionShape,
} from "../billing/shapes.ts";
import { customerOfUser } from "../actor.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, listOf, pageQuery, pageShape } from "../shapes.ts";
import { documentQuery } from "./billing.ts";
import { planOf, planShape } from "./catalog.ts";
import { customerOf } from "./customer.ts";
import { changedBounds, keyBody, keyOf, keyShape } from "./customers.ts";
import { draftOf, draftShape, proration } from "./subscriptions.ts";

const tag = "For customers";
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

type Asked = Pick<Call<never, never, never>, "deps" | "secret" | "actor">;

/** Keys that are restricted may be in many hands: they make no keys and change no plan. */
export async function managerOf({ deps, secret, actor }: Asked): Promise<Id<"customer">> {
  if (actor.kind === "user") return customerOfUser(actor.user);
  const grant = await authorizeRequest(deps.gateway, new Secret(secret));
  const isRestricted = grant.restricted || (await hasKeyBudget(deps.store, grant));
  if (isRestricted) {
    throw new Refusal("forbidden", "This key is restricted, or has a budget: use one that is not.");
  }
  return grant.customer;
}

/** The caller's own subscription; anybody else's is not found. */
const ownSubscription = async (call: Asked & { params: { id: string } }, customer: Id<"customer">) =>
  (await getSubscription(call.deps.store, call.params.id, customer)).id;

export const portalRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/subscriptions",
    who: "customer",
    tag,
    summary: "List your subscriptions, newest first",
    query: pageQuery,
    response: listOf(subscriptionShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit, ...before(cursor) };
      return pageShape(await listSubscriptions(call.deps.store, page), subscriptionOf(call.deps.clock.now()));
    },
  }),
  route({
    method: "GET",
    path: "/v1/subscriptions/:id/plans",
    who: "customer",
    tag,
    summary: "Plans that you may change this subscription to",
    params: idParams,
    query: pageQuery,
    response: listOf(planShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const { product } = await getSubscription(call.deps.store, call.params.id, await customerOf(call));
      return pageShape(await listPlans(call.deps.store, { product, offered: true, limit, ...before(cursor) }), planOf);
    },
  }),
  route({
    method: "POST",
    path: "/v1/subscriptions/:id/change-plan",
    who: "customer",
    tag,
    summary: "Put yourself on another plan that is offered",
    params: idParams,
    body: z.strictObject({ plan: z.string(), proration: proration.exclude(["full"]).default("prorated") }),
    response: subscriptionShape,
    async handle(call) {
      const { store, clock } = call.deps;
      const subscription = await ownSubscription(call, await managerOf(call));
      const plan = await getPlan(store, call.body.plan);
      if (!plan.offered) throw new Refusal("not_found", `There is no plan "${call.body.plan}".`, { param: "plan" });
      const nowMs = clock.now();
      const change = { subscription, plan: plan.id, proration: call.body.proration, nowMs };
      return subscriptionOf(nowMs)(await changePlan(store, change));
    },
  }),
  route({
    method: "POST",
    path: "/v1/subscriptions/:id/cancel",
    who: "customer",
    tag,
    summary: "End a subscription when its period ends",
    params: idParams,
    response: subscriptionShape,
    async handle(call) {
      const subscription = await ownSubscription(call, await managerOf(call));
      const nowMs = call.deps.clock.now();
      return subscriptionOf(nowMs)(await cancelSubscription(call.deps.store, { subscription, nowMs }));
    },
  }),
  route({
    method: "POST",
    path: "/v1/subscriptions/:id/resume",
    who: "customer",
    tag,
    summary: "Take a cancellation back before it takes effect",
    params: idParams,
    response: subscriptionShape,
    async handle(call) {
      const subscription = await ownSubscription(call, await managerOf(call));
      const nowMs = call.deps.clock.now();
      return subscriptionOf(nowMs)(await resumeSubscription(call.deps.store, { subscription, nowMs }));
    },
  }),
  route({
    method: "GET",
    path: "/v1/subscriptions/:id/draft",
    who: "customer",
    tag,
    summary: "What your next invoice would say if its period ended now",
    params: idParams,
    response: draftShape,
    handle: async (call) => draftOf(call.deps.store, await ownSubscription(call, await customerOf(call))),
  }),
  route({
    method: "GET",
    path: "/v1/subscriptions/:id/draft/document",
    who: "customer",
    tag,
    summary: "Your next invoice as a page",
    params: idParams,
    query: documentQuery,
    response: documentShape,
    async handle(call) {
      const { store, sellerName, clock } = call.deps;
      const customer = await customerOf(call);
      const subscription = await ownSubscription(call, customer);
      const ask = { customer, subscription, sellerName, nowMs: clock.now(), ...call.query };
      return sendDocument(call.reply, call.query.format, await renderDraft(store, ask));
    },
  }),
  route({
    method: "GET",
    path: "/v1/invoices/:id/document",
    who: "customer",
    tag,
    summary: "One of your invoices as a page, in English or Chinese",
    params: idParams,
    query: documentQuery,
    response: documentShape,
    async handle(call) {
      const { store, sellerName } = call.deps;
      const ask = { customer: await customerOf(call), invoice: call.params.id, sellerName, ...call.query };
      return sendDocument(call.reply, call.query.format, await renderDocument(store, ask));
    },
  }),
  route({
    method: "GET",
    path: "/v1/invoices/:id/explain",
    who: "customer",
    tag,
    summary: "One of your invoices down to the usage events it bills",
    params: idParams,
    query: pageQuery,
    response: explanationShape,
    async handle(call) {
      const { limit, cursor } = call.query;
      const ask = { customer: await customerOf(call), invoice: call.params.id, limit, after: cursor };
      return explanationOf(await explainInvoice(call.deps.store, ask));
    },
  }),
  route({
    method: "GET",
    path: "/v1/invoices/:id/collection",
    who: "customer",
    tag,
    summary: "Whether one of your invoices is open, overdue or paid",
    params: idParams,
    response: collectionShape,
    async handle(call) {
      const { store } = call.deps;
      const invoice = await getInvoice(store, { customer: await customerOf(call), invoice: call.params.id });
      const found = (await collectionsOf(store, [invoice.id])).get(invoice.id);
      const old = { invoice: invoice.id as Id<"invoice">, payByMs: invoice.issuedAtMs, sinceMs: invoice.issuedAtMs };
      return collectionOf(found ?? { ...old, state: "paid" }, invoice.currency);
    },
  }),
  route({
    method: "GET",
    path: "/v1/payments",
    who: "customer",
    tag,
    summary: "List your payments, newest first",
    query: pageQuery,
    response: listOf(paymentShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const { id: customer, currency } = await getCustomer(call.deps.store, await customerOf(call));
      const page = await listPayments(call.deps.store, { customer, limit, ...before(cursor) });
      return pageShape(page, (payment) => paymentOf(payment, currency));
    },
  }),
  route({
    method: "GET",
    path: "/v1/billing-profile",
    who: "customer",
    tag,
    summary: "How you stand on an invoice",
    response: profileShape,
    handle: async (call) => profileOf(await getBillingProfile(call.deps.store, await customerOf(call))),
  }),
  route({
    method: "POST",
    path: "/v1/billing-profile",
    who: "customer",
    tag,
    summary: "Change how you stand on the next invoices; a tax id is checked",
    body: z.strictObject(profileFields).partial(),
    response: profileShape,
    async handle(call) {
      const customer = await managerOf(call);
      return profileOf(await changeBillingProfile(call.deps.store, customer, profileChange(call.body)));
    },
  }),
  route({
    method: "GET",
    path: "/v1/events",
    who: "customer",
    tag,
    summary: "List your billing events, newest first",
    query: pageQuery,
    response: listOf(eventShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit, ...before(cursor) };
      return pageShape(await listEvents(call.deps.store, page), eventOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/keys",
    who: "customer",
    tag,
    summary: "List your keys, newest first",
    query: pageQuery,
    response: listOf(keyShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit, ...before(cursor) };
      return pageShape(await listKeys(call.deps.store, page), keyOf);
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys",
    who: "customer",
    tag,
    summary:
      "Make a key, perhaps with a quota, or for some products, addresses or days; its secret is in this answer only",
    body: keyBody,
    status: 201,
    response: keyShape.extend({ secret: z.string() }),
    // a replay would have to keep the secret, and secrets are never kept
    ownIdempotency: true,
    async handle(call) {
      const { name, quota_units, ...bounds } = call.body;
      const { store, pepper, clock } = call.deps;
      const made = await createKey(store, {
        customer: await managerOf(call),
        name,
        pepper,
        nowMs: clock.now(),
        ...(quota_units === undefined ? {} : { quotaUnits: quota_units }),
        ...changedBounds(bounds),
      });
      return { ...keyOf(made.key), secret: made.secret.reveal() };
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/:id/rotate",
    who: "customer",
    tag,
    summary: "Give a key a new secret; the old one is useless within a second",
    params: idParams,
    response: keyShape.extend({ secret: z.string() }),
    ownIdempotency: true,
    async handle(call) {
      const { store, pepper } = call.deps;
      const made = await rotateKey(store, { customer: await managerOf(call), key: call.params.id, pepper });
      return { ...keyOf(made.key), secret: made.secret.reveal() };
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/:id/revoke",
    who: "customer",
    tag,
    summary: "Make a key useless within a second",
    params: idParams,
    response: keyShape,
    async handle(call) {
      const { store, clock } = call.deps;
      const ask = { customer: await managerOf(call), key: call.params.id, nowMs: clock.now() };
      return keyOf(await revokeKey(store, ask));
    },
  }),
];
