import { z } from "zod";
import { getPartner, getStatement, listCommissions } from "../../channel/index.ts";
import { listCustomers } from "../../sell/index.ts";
import { partnerOf } from "../actor.ts";
import { type Route, route } from "../route.ts";
import { listOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { commissionOf, commissionShape, range, statementOf, statementShape } from "../statements.ts";
import { partnerOf as partnerShapeOf, partnerShape } from "./channels.ts";

const tag = "Partner portal";
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

export const partnerPlaneRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/partner/v1/partner",
    who: "partner",
    tag,
    summary: "Your terms",
    response: partnerShape,
    handle: async ({ deps, actor }) => partnerShapeOf(await getPartner(deps.store, partnerOf(actor))),
  }),
  route({
    method: "GET",
    path: "/partner/v1/customers",
    who: "partner",
    tag,
    summary: "Customers that you brought, newest first",
    query: pageQuery,
    response: listOf(
      z.strictObject({ object: z.literal("customer"), id: z.string(), name: z.string(), created_at_ms: unixMs }),
    ),
    async handle({ deps, actor, query: { limit, cursor } }) {
      const page = await listCustomers(deps.store, { partner: partnerOf(actor), limit, ...before(cursor) });
      return pageShape(page, ({ id, name, createdAtMs }) => ({
        object: "customer" as const,
        id,
        name,
        created_at_ms: createdAtMs,
      }));
    },
  }),
  route({
    method: "GET",
    path: "/partner/v1/commissions",
    who: "partner",
    tag,
    summary: "What you earned, newest first",
    query: pageQuery,
    response: listOf(commissionShape),
    async handle({ deps, actor, query: { limit, cursor } }) {
      const page = await listCommissions(deps.store, { partner: partnerOf(actor), limit, ...before(cursor) });
      return pageShape(page, commissionOf);
    },
  }),
  route({
    method: "GET",
    path: "/partner/v1/statement",
    who: "partner",
    tag,
    summary: "What you earned in a stretch of time, document by document, with totals",
    query: range,
    response: statementShape,
    handle: async ({ deps, actor, query }) =>
      statementOf(
        await getStatement(deps.store, { partner: partnerOf(actor), fromMs: query.from_ms, toMs: query.to_ms }),
      ),
  }),
];
