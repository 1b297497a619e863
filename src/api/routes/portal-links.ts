import { getPartner } from "../../channel/index.ts";
import type { z } from "zod";
import { type Realm, portalUser } from "../../identity/index.ts";
import { getCustomer } from "../../sell/index.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, name } from "../shapes.ts";
import { email, linkShape } from "../users.ts";
import { linkBody, linkFor } from "./team.ts";

const body = linkBody.extend({
  email: email
    .optional()
    .describe("For a user of its own, who may set a password; left out, for whoever has the link."),
  name: name.optional(),
});

type Asked = Pick<Call<never, never, z.output<typeof body>>, "deps" | "site" | "body">;

/** For a user of its own, or for whoever has the link, called as what it opens. */
async function portalLink(call: Asked, realm: Realm, owner: string): ReturnType<typeof linkFor> {
  const { store, clock } = call.deps;
  const { email: address = null, name: called = address ?? owner, minutes } = call.body;
  const user = await portalUser(store, { realm, email: address, name: called, nowMs: clock.now() });
  return linkFor(call, user, minutes);
}

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
      const customer = await getCustomer(call.deps.store, call.params.id);
      return portalLink(call, { kind: "customer", customer: customer.id }, customer.name);
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
      const partner = await getPartner(call.deps.store, call.params.id);
      return portalLink(call, { kind: "partner", partner: partner.id }, partner.name);
    },
  }),
];
