import { getPartner } from "../../channel/index.ts";
import { portalUser } from "../../identity/index.ts";
import { getCustomer } from "../../sell/index.ts";
import { type Route, route } from "../route.ts";
import { idParams, name } from "../shapes.ts";
import { email, linkShape } from "../users.ts";
import { linkBody, linkFor } from "./team.ts";

const body = linkBody.extend({
  email: email
    .optional()
    .describe("For a user of its own, who may set a password; left out, for whoever has the link."),
  name: name.optional(),
});

export const portalLinkRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/customers/:id/portal-links",
    who: "operator",
    area: "sell",
    tag: "Selling",
    summary: "Make a link that opens a customer's portal once",
    params: idParams,
    body,
    status: 201,
    response: linkShape,
    // a replay would have to keep the token, and secrets are never kept
    ownIdempotency: true,
    async handle(call) {
      const { store, clock } = call.deps;
      const customer = await getCustomer(store, call.params.id);
      const realm = { kind: "customer", customer: customer.id } as const;
      const { email: address = null, name: called = address ?? customer.name, minutes } = call.body;
      const user = await portalUser(store, { realm, email: address, name: called, nowMs: clock.now() });
      return linkFor(call, user, minutes);
    },
  }),
  route({
    method: "POST",
    path: "/admin/v1/partners/:id/portal-links",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "Make a link that opens a partner's portal once",
    params: idParams,
    body,
    status: 201,
    response: linkShape,
    ownIdempotency: true,
    async handle(call) {
      const { store, clock } = call.deps;
      const partner = await getPartner(store, call.params.id);
      const realm = { kind: "partner", partner: partner.id } as const;
      const { email: address = null, name: called = address ?? partner.name, minutes } = call.body;
      const user = await portalUser(store, { realm, email: address, name: called, nowMs: clock.now() });
      return linkFor(call, user, minutes);
    },
  }),
];
