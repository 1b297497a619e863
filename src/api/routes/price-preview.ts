import { z } from "zod";
import { limits } from "../../kernel/limits.ts";
import { assertComponents, chargeOf, meteredUnits } from "../../sell/index.ts";
import { priceBody, pricesFrom } from "../prices.ts";
import { type Route, route } from "../route.ts";
import { currency, money, moneyOf } from "../shapes.ts";

const units = z.number().int().min(0).max(limits.usageUnitsMax);

export const pricePreviewRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/prices/preview",
    who: "operator",
    area: "sell",
    access: "read",
    tag: "Selling",
    summary: "What a period of so many units would cost by a draft price. Writes nothing",
    body: z.strictObject({
      currency: currency.optional(),
      unit: z.enum(meteredUnits).default("predictions").describe("Of the quantities in `at`."),
      at: z.array(units).min(1).max(limits.listMax),
      ...priceBody,
    }),
    response: z.strictObject({
      object: z.literal("price_preview"),
      points: z.array(z.strictObject({ units, fee: money, usage: money, total: money })),
    }),
    async handle({ deps, body }) {
      const { feeNanos, components } = pricesFrom(body);
      assertComponents(components);
      const of = body.currency ?? deps.currency;
      return {
        object: "price_preview" as const,
        points: body.at.map((n) => {
          const usageNanos = chargeOf(components, { [body.unit]: n });
          return {
            units: n,
            fee: moneyOf(feeNanos, of),
            usage: moneyOf(usageNanos, of),
            total: moneyOf(feeNanos + usageNanos, of),
          };
        }),
      };
    },
  }),
];
