import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import {
  type UsageThreshold,
  getSubscription,
  levelForm,
  levelFormOf,
  levelFrom,
  listThresholds,
  removeThreshold,
  setThreshold,
} from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, pageShape, unixMs } from "../shapes.ts";
import { customerOf } from "./customer.ts";
import { managerOf } from "./portal.ts";

const level = levelForm.describe("Units used, usage charged, or a share of the free units or of the spend cap.");
const body = z.strictObject({ level });

const thresholdShape = z.strictObject({
  object: z.literal("usage_threshold"),
  id: z.string(),
  subscription: z.string(),
  level,
  set_by: z.enum(["team", "customer"]),
  created_at_ms: unixMs,
});

const thresholdOf = (threshold: UsageThreshold): z.input<typeof thresholdShape> => ({
  object: "usage_threshold",
  id: threshold.id,
  subscription: threshold.subscription,
  level: levelFormOf(threshold.level),
  set_by: threshold.setBy,
  created_at_ms: threshold.createdAtMs,
});

const listed = (thresholds: readonly UsageThreshold[]) =>
  pageShape({ data: thresholds, nextCursor: null }, thresholdOf);

export const thresholdRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/subscriptions/:id/thresholds",
    who: "operator",
    area: "sell",
    tag: "Subscriptions",
    summary: "Be told by usage.threshold, once a period, when its usage reaches a level",
    params: idParams,
    body,
    status: 201,
    response: thresholdShape,
    async handle({ deps, params, body: { level: form } }) {
      const subscription = params.id as Id<"subscription">;
      const set = { subscription, level: levelFrom(form), setBy: "team", nowMs: deps.clock.now() } as const;
      return thresholdOf(await setThreshold(deps.store, set));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/subscriptions/:id/thresholds",
    who: "operator",
    area: "sell",
    tag: "Subscriptions",
    summary: "List its thresholds, oldest first",
    params: idParams,
    response: listOf(thresholdShape),
    async handle({ deps, params }) {
      const { id } = await getSubscription(deps.store, params.id);
      return listed(await listThresholds(deps.store, id));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/thresholds/:id/remove",
    who: "operator",
    area: "sell",
    tag: "Subscriptions",
    summary: "Remove a threshold",
    params: idParams,
    response: thresholdShape,
    handle: async ({ deps, params }) => thresholdOf(await removeThreshold(deps.store, { threshold: params.id })),
  }),
  route({
    method: "POST",
    path: "/v1/subscriptions/:id/thresholds",
    who: "customer",
    tag: "For customers",
    summary: "Be told by usage.threshold, once a period, when your usage reaches a level",
    params: idParams,
    body,
    status: 201,
    response: thresholdShape,
    async handle(call) {
      const { store, clock } = call.deps;
      const { id: subscription } = await getSubscription(store, call.params.id, await managerOf(call));
      const set = { subscription, level: levelFrom(call.body.level), setBy: "customer", nowMs: clock.now() } as const;
      return thresholdOf(await setThreshold(store, set));
    },
  }),
  route({
    method: "GET",
    path: "/v1/subscriptions/:id/thresholds",
    who: "customer",
    tag: "For customers",
    summary: "List the thresholds of your subscription, oldest first",
    params: idParams,
    response: listOf(thresholdShape),
    async handle(call) {
      const { id } = await getSubscription(call.deps.store, call.params.id, await customerOf(call));
      return listed(await listThresholds(call.deps.store, id));
    },
  }),
  route({
    method: "POST",
    path: "/v1/thresholds/:id/remove",
    who: "customer",
    tag: "For customers",
    summary: "Remove a threshold that you have set",
    params: idParams,
    response: thresholdShape,
    async handle(call) {
      const ask = { threshold: call.params.id, customer: await managerOf(call) };
      return thresholdOf(await removeThreshold(call.deps.store, ask));
    },
  }),
];
