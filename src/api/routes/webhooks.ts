import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import {
  createWebhook,
  enableWebhook,
  eventKinds,
  getWebhook,
  listDeliveries,
  listWebhooks,
  replayDelivery,
  rotateWebhookSecret,
} from "../../sell/index.ts";
import { deliveryOf, deliveryShape, webhookOf, webhookShape } from "../billing/shapes.ts";
import { type Call, type Gate, type Route, route } from "../route.ts";
import { idParams, listOf, pageQuery, pageShape } from "../shapes.ts";
import { customerOf } from "./customer.ts";

const kinds = z.array(z.enum(eventKinds)).min(1).describe("All if left out.");
const withSecret = webhookShape.extend({ secret: z.string().describe("Signs its messages. In this answer only.") });

interface Plane {
  readonly path: string;
  readonly gate: Gate;
  readonly tag: string;
  readonly whose: string;
  /** Whose webhooks the caller may see. */
  scope(call: Pick<Call<never, never, never>, "deps" | "secret" | "actor">): Promise<Id<"customer"> | "any">;
}

/** The same routes on both planes: the team's hear of every customer, a customer's of itself. */
const planes: readonly Plane[] = [
  {
    path: "/admin/v1/webhooks",
    gate: { who: "operator", area: "settings" },
    tag: "Billing",
    whose: "of the team",
    scope: async () => "any",
  },
  { path: "/v1/webhooks", gate: { who: "customer" }, tag: "For customers", whose: "of yours", scope: customerOf },
];

export const webhookRoutes: readonly Route[] = planes.flatMap(({ path, gate, tag, whose, scope }) => [
  route({
    method: "POST",
    path,
    ...gate,
    tag,
    summary: `Tell an address ${whose} of billing events, signed with a secret of its own`,
    body: z.strictObject({ url: z.string().min(1).max(500), kinds: kinds.optional() }),
    status: 201,
    response: withSecret,
    // a replay would have to keep the secret, and secrets are never kept
    ownIdempotency: true,
    async handle(call) {
      const { deps, body } = call;
      const whom = await scope(call);
      const { webhook, secret } = await createWebhook(deps.store, {
        customer: whom === "any" ? null : whom,
        url: body.url,
        pepper: deps.pepper,
        nowMs: deps.clock.now(),
        ...(body.kinds ? { kinds: body.kinds } : {}),
      });
      return { ...webhookOf(webhook), secret: secret.reveal() };
    },
  }),
  route({
    method: "GET",
    path,
    ...gate,
    tag,
    summary: `List webhooks ${whose}, newest first`,
    query: pageQuery,
    response: listOf(webhookShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await scope(call), limit, ...(cursor ? { before: cursor } : {}) };
      return pageShape(await listWebhooks(call.deps.store, page), webhookOf);
    },
  }),
  route({
    method: "GET",
    path: `${path}/:id`,
    ...gate,
    tag,
    summary: `Get a webhook ${whose}`,
    params: idParams,
    response: webhookShape,
    handle: async (call) =>
      webhookOf(await getWebhook(call.deps.store, { customer: await scope(call), webhook: call.params.id })),
  }),
  route({
    method: "POST",
    path: `${path}/:id/rotate`,
    ...gate,
    tag,
    summary: "Give it a new secret; for a day the old one signs beside it",
    params: idParams,
    response: withSecret,
    ownIdempotency: true,
    async handle(call) {
      const { store, pepper, clock } = call.deps;
      const ask = { customer: await scope(call), webhook: call.params.id, pepper, nowMs: clock.now() };
      const { webhook, secret } = await rotateWebhookSecret(store, ask);
      return { ...webhookOf(webhook), secret: secret.reveal() };
    },
  }),
  route({
    method: "POST",
    path: `${path}/:id/switch`,
    ...gate,
    tag,
    summary: "Switch it on or off",
    params: idParams,
    body: z.strictObject({ enabled: z.boolean() }),
    response: webhookShape,
    async handle(call) {
      const ask = { customer: await scope(call), webhook: call.params.id, enabled: call.body.enabled };
      return webhookOf(await enableWebhook(call.deps.store, ask));
    },
  }),
  route({
    method: "GET",
    path: `${path}/:id/deliveries`,
    ...gate,
    tag,
    summary: "What it was told, newest first",
    params: idParams,
    query: pageQuery,
    response: listOf(deliveryShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const ask = {
        customer: await scope(call),
        webhook: call.params.id,
        limit,
        ...(cursor ? { before: cursor } : {}),
      };
      return pageShape(await listDeliveries(call.deps.store, ask), deliveryOf);
    },
  }),
  route({
    method: "POST",
    path: `${path}/:id/deliveries/:delivery/replay`,
    ...gate,
    tag,
    summary: "Send an event again, as a new delivery",
    params: idParams.extend({ delivery: z.string().min(1).max(100) }),
    status: 202,
    response: deliveryShape,
    async handle(call) {
      const { id: webhook, delivery } = call.params;
      const ask = { customer: await scope(call), webhook, delivery, nowMs: call.deps.clock.now() };
      return deliveryOf(await replayDelivery(call.deps.store, ask));
    },
  }),
]);
