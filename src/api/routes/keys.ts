import { z } from "zod";
import { authorizeRequest } from "../../gateway/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { Secret } from "../../kernel/secret.ts";
import { changeKey } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams } from "../shapes.ts";
import { changedBounds, keyChange, keyOf, keyShape } from "./customers.ts";

export const keyRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys/:key",
    who: "operator",
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
    async handle({ deps, params, body, secret }) {
      const grant = await authorizeRequest(deps.gateway, new Secret(secret));
      if (grant.restricted) throw new Refusal("forbidden", "This key is restricted: use one that is not.");
      const change = { customer: grant.customer, key: params.id, nowMs: deps.clock.now(), ...changedBounds(body) };
      return keyOf(await changeKey(deps.store, change));
    },
  }),
];
