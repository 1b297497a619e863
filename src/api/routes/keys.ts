import { z } from "zod";
import type { Id } from "../../kernel/ids.ts";
import { changeKey } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams } from "../shapes.ts";
import { changedBounds, keyChange, keyOf, keyShape } from "./customers.ts";
import { managerOf } from "./portal.ts";

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
];
