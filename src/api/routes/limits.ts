import type { Id } from "../../kernel/ids.ts";
import { getCustomer, getKey, getPlan, setCustomerLimits, setKeyLimits, setPlanLimits } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, limitsBody, limitsFrom } from "../shapes.ts";
import { planOf, planShape } from "./catalog.ts";
import { customerOf, customerShape, keyOf, keyShape } from "./customers.ts";
import { managerOf } from "./portal.ts";

const tag = "Selling";

/** How much a minute: of a plan, of one customer in its place, and of one key within it. */
export const limitRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/plans/:id/limits",
    who: "operator",
    area: "sell",
    tag,
    summary: "Limit the requests and tokens a minute of each subscription of a plan",
    params: idParams,
    body: limitsBody,
    response: planShape,
    async handle({ deps, params, body }) {
      await setPlanLimits(deps.store, { plan: params.id, ...limitsFrom(body) });
      return planOf(await getPlan(deps.store, params.id));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/limits",
    who: "operator",
    area: "sell",
    tag,
    summary: "Limit a customer's requests and tokens a minute, in place of its plans'",
    params: idParams,
    body: limitsBody,
    response: customerShape,
    async handle({ deps, params, body }) {
      await setCustomerLimits(deps.store, { customer: params.id, ...limitsFrom(body) });
      return customerOf(await getCustomer(deps.store, params.id));
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/keys/:key/limits",
    who: "operator",
    area: "sell",
    tag,
    summary: "Limit a key's requests and tokens a minute, within its customer's",
    params: idParams.extend({ key: idParams.shape.id }),
    body: limitsBody,
    response: keyShape,
    async handle({ deps, params, body }) {
      const ask = { customer: params.id as Id<"customer">, key: params.key };
      await setKeyLimits(deps.store, { ...ask, ...limitsFrom(body) });
      return keyOf(await getKey(deps.store, ask));
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/:id/limits",
    who: "customer",
    tag: "For customers",
    summary: "Limit the requests and tokens a minute of one of your keys",
    params: idParams,
    body: limitsBody,
    response: keyShape,
    async handle(call) {
      const ask = { customer: await managerOf(call), key: call.params.id };
      await setKeyLimits(call.deps.store, { ...ask, ...limitsFrom(call.body) });
      return keyOf(await getKey(call.deps.store, ask));
    },
  }),
];
