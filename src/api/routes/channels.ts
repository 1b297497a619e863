import { z } from "zod";
import {
  type NamedAttribution,
  type Partner,
  channels,
  createPartner,
  getPartner,
  getStatement,
  listAttributions,
  listPartners,
} from "../../channel/index.ts";
import { funnelOf } from "../../insight/index.ts";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";
import { idParams, listOf, name, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { range, statementOf, statementShape } from "../statements.ts";

export const partnerShape = z.strictObject({
  object: z.literal("partner"),
  id: z.string(),
  name: z.string(),
  channel: z.string(),
  commission_basis_points: z.number().int(),
  created_at_ms: unixMs,
});
export const partnerOf = (partner: Partner): z.input<typeof partnerShape> => ({
  object: "partner",
  id: partner.id,
  name: partner.name,
  channel: partner.channel,
  commission_basis_points: partner.commissionBasisPoints,
  created_at_ms: partner.createdAtMs,
});

const attributionShape = z.strictObject({
  object: z.literal("attribution"),
  id: z.string(),
  customer: z.string(),
  customer_name: z.string(),
  partner: z.string(),
  partner_name: z.string(),
  reason: z.string(),
  attributed_at_ms: unixMs,
});
const attributionOf = (attribution: NamedAttribution): z.input<typeof attributionShape> => ({
  object: "attribution",
  id: attribution.id,
  customer: attribution.customer,
  customer_name: attribution.customerName,
  partner: attribution.partner,
  partner_name: attribution.partnerName,
  reason: attribution.reason,
  attributed_at_ms: attribution.attributedAtMs,
});

const count = z.number().int();

export const channelRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/partners",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "Create a channel partner",
    body: z.strictObject({
      name,
      channel: z.enum(channels).default("referral"),
      commission_basis_points: z.number().int().min(0).max(limits.commissionBasisPointsMax),
    }),
    status: 201,
    response: partnerShape,
    async handle({ deps, body }) {
      const partner = await createPartner(deps.store, {
        name: body.name,
        channel: body.channel,
        commissionBasisPoints: body.commission_basis_points,
        nowMs: deps.clock.now(),
      });
      return partnerOf(partner);
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/partners",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "List partners, newest first",
    query: pageQuery,
    response: listOf(partnerShape),
    handle: async ({ deps, query: { limit, cursor } }) =>
      pageShape(await listPartners(deps.store, { limit, ...(cursor ? { before: cursor } : {}) }), partnerOf),
  }),
  route({
    method: "GET",
    path: "/admin/v1/partners/:id",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "Get a partner",
    params: idParams,
    response: partnerShape,
    handle: async ({ deps, params }) => partnerOf(await getPartner(deps.store, params.id)),
  }),
  route({
    method: "GET",
    path: "/admin/v1/partners/:id/statement",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "What a partner earned, document by document",
    params: idParams,
    query: range,
    response: statementShape,
    async handle({ deps, params, query }) {
      const { id: partner } = await getPartner(deps.store, params.id);
      return statementOf(await getStatement(deps.store, { partner, fromMs: query.from_ms, toMs: query.to_ms }));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/partners/:id/funnel",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "How far the customers whom a partner introduced have come; each step counts those who took all before it",
    params: idParams,
    response: z.strictObject({
      object: z.literal("funnel"),
      introduced: count,
      subscribed: count.describe("On a plan."),
      calling: count.describe("With a paid answer."),
      paying: count.describe("Whose money is here."),
    }),
    async handle({ deps, params }) {
      const { id } = await getPartner(deps.store, params.id);
      return { object: "funnel" as const, ...(await funnelOf(deps.store.aside, id)) };
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/attributions",
    who: "operator",
    area: "channels",
    tag: "Channel",
    summary: "Who brought whom, when and how it is known, newest first",
    query: pageQuery.extend({ partner: z.string().max(100).optional() }),
    response: listOf(attributionShape),
    async handle({ deps, query: { limit, cursor, partner } }) {
      const page = await listAttributions(deps.store, { limit, partner, ...(cursor ? { before: cursor } : {}) });
      return pageShape(page, attributionOf);
    },
  }),
];
