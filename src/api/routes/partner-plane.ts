import { z } from "zod";
import { getPartner, getStatement, listCommissions } from "../../channel/index.ts";
import { listCustomers } from "../../sell/index.ts";
import { partnerOf } from "../actor.ts";
import { type Route, route } from "../route.ts";
import { listOf, money, moneyOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { partnerOf as partnerShapeOf, partnerShape, range } from "./money.ts";

const tag = "Partner portal";
const before = (cursor: string | undefined) => (cursor ? { before: cursor } : {});

const commissionShape = z.strictObject({
  object: z.literal("commission"),
  id: z.string(),
  customer: z.string(),
  document: z.string().describe("The invoice or credit note."),
  basis_points: z.number().int(),
  base: money,
  amount: money.describe("Below zero for a credit note."),
  earned_at_ms: unixMs,
});

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
      return pageShape(page, (commission) => ({
        object: "commission" as const,
        id: commission.id,
        customer: commission.customer,
        document: commission.document,
        basis_points: commission.basisPoints,
        base: moneyOf(commission.baseNanos, commission.currency),
        amount: moneyOf(commission.amountNanos, commission.currency),
        earned_at_ms: commission.earnedAtMs,
      }));
    },
  }),
  route({
    method: "GET",
    path: "/partner/v1/statement",
    who: "partner",
    tag,
    summary: "What you earned in a stretch of time, document by document, with totals",
    query: range,
    response: z.strictObject({
      object: z.literal("statement"),
      from_ms: unixMs,
      to_ms: unixMs,
      lines: z.array(commissionShape.extend({ customer_name: z.string(), title: z.string() })),
      totals: z.array(z.strictObject({ base: money, amount: money })),
    }),
    async handle({ deps, actor, query }) {
      const ask = { partner: partnerOf(actor), fromMs: query.from_ms, toMs: query.to_ms };
      const { lines, totals } = await getStatement(deps.store, ask);
      return {
        object: "statement" as const,
        from_ms: query.from_ms,
        to_ms: query.to_ms,
        lines: lines.map((line) => ({
          object: "commission" as const,
          id: line.id,
          customer: line.customer,
          customer_name: line.customerName,
          title: line.title,
          document: line.document,
          basis_points: line.basisPoints,
          base: moneyOf(line.baseNanos, line.currency),
          amount: moneyOf(line.amountNanos, line.currency),
          earned_at_ms: line.earnedAtMs,
        })),
        totals: totals.map(({ baseNanos, amountNanos, currency }) => ({
          base: moneyOf(baseNanos, currency),
          amount: moneyOf(amountNanos, currency),
        })),
      };
    },
  }),
];
