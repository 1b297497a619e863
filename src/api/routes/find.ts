import { z } from "zod";
import type { Area } from "../../identity/index.ts";
import { type Findable, findByName } from "../../insight/index.ts";
import { limits } from "../../kernel/limits.ts";
import { sees } from "../actor.ts";
import { type Route, route } from "../route.ts";
import { listOf } from "../shapes.ts";

/** Who may find what; in the order in which it is shown. */
const areas = {
  customer: "sell",
  invoice: "money",
  product: "sell",
  endpoint: "endpoints",
  model: "models",
  dataset: "data",
  partner: "channels",
} as const satisfies { readonly [K in Findable]: Area };
const kinds = Object.keys(areas) as [Findable, ...Findable[]];

export const findRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/search",
    who: "operator",
    area: "any",
    tag: "Insight",
    summary: "Find things by a part of their name, or by their id; a few of each kind that your role may see",
    query: z.strictObject({
      q: z.string().trim().min(1).max(limits.findCharsMax).describe("Of invoices: the number, or its beginning."),
    }),
    response: listOf(
      z.strictObject({ object: z.literal("found"), kind: z.enum(kinds), id: z.string(), name: z.string() }),
    ),
    async handle({ deps, query, actor }) {
      const seen = kinds.filter((kind) => sees(actor, areas[kind]));
      const found = await findByName(deps.store.aside, { text: query.q, kinds: seen });
      const data = found.map((each) => ({ object: "found" as const, ...each }));
      return { object: "list" as const, data, has_more: false, next_cursor: null };
    },
  }),
];
