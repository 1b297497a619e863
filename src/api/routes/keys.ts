import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { changeKey, getKey, percent, setKeyThresholds } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams } from "../shapes.ts";
import { changedBounds, keyChange, keyOf, keyShape } from "./customers.ts";
import { managerOf } from "./portal.ts";

const thresholdsBody = z.strictObject({
  percents: z.array(percent).max(limits.thresholdsMax).describe("Shares of its quota, in the place of yours before."),
});

export const keyRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys/:key",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Change a key's name, or where, for what and until when it may be used",
    params: idParams.extend({ key: z.string().min(1).max(100) }),
    body: keyChange,
    response: keyShape,
    async handle({ deps, params, body }) {
      const customer = params.id as Id<"customer">;
      const change = { customer, key: params.key, nowMs: deps.clock.now(), ...changedBounds(body) };
      return keyOf(await changeKey(deps.store, change));
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/:id",
    who: "customer",
    tag: "For customers",
    summary: "Change a key's name, or where, for what and until when it may be used",
    params: idParams,
    body: keyChange,
    response: keyShape,
    async handle(call) {
      const { deps, params, body } = call;
      const customer = await managerOf(call);
      const change = { customer, key: params.id, nowMs: deps.clock.now(), ...changedBounds(body) };
      return keyOf(await changeKey(deps.store, change));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys/:key/thresholds",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Be told by usage.threshold, once, when a key has used a share of its quota",
    params: idParams.extend({ key: idParams.shape.id }),
    body: thresholdsBody,
    response: keyShape,
    async handle({ deps, params, body: { percents } }) {
      const ask = { customer: params.id as Id<"customer">, key: params.key };
      await setKeyThresholds(deps.store, { ...ask, percents, setBy: "team" });
      return keyOf(await getKey(deps.store, ask));
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/:id/thresholds",
    who: "customer",
    tag: "For customers",
    summary: "Be told by usage.threshold, once, when one of your keys has used a share of its quota",
    params: idParams,
    body: thresholdsBody,
    response: keyShape,
    async handle(call) {
      const ask = { customer: await managerOf(call), key: call.params.id };
      await setKeyThresholds(call.deps.store, { ...ask, percents: call.body.percents, setBy: "customer" });
      return keyOf(await getKey(call.deps.store, ask));
    },
  }),
];
