import { z } from "zod";
import { Refusal } from "../kernel/errors.ts";
import { type Currency, parseAmount } from "../kernel/money.ts";
import { type Component, type Prices, type RateCard, meteredUnits } from "../sell/index.ts";
import { amount, money, moneyOf } from "./shapes.ts";

/** How prices are written in HTTP: a general form, and a short one for predictions at a price per 1,000. */

const units = z.number().int().min(0).max(1e12);
const unit = z.enum(meteredUnits);

const componentBody = z.strictObject({
  unit,
  price: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("per_unit"),
      per_thousand: amount.describe("Price of 1,000 units."),
      free_units: units.default(0).describe("Units free in each period."),
    }),
  ]),
});

export const priceBody = {
  fee: amount.default("0").describe("Monthly fee."),
  per_thousand: amount.optional().describe("Price of 1,000 predictions: the short form of `components`."),
  free_units: units.optional().describe("Predictions free in each period; with `per_thousand`."),
  components: z
    .array(componentBody)
    .max(meteredUnits.length)
    .optional()
    .describe("What is counted and what it costs: at most one price for each unit."),
  spend_cap: amount.optional().describe("Most a customer may spend on usage in one period."),
};

const pricesShape = z.strictObject(priceBody);

type Body = Pick<z.output<typeof pricesShape>, keyof typeof priceBody>;

export function pricesFrom(body: Body): Prices {
  return {
    feeNanos: parseAmount(body.fee, "fee"),
    components: componentsFrom(body),
    ...(body.spend_cap ? { spendCapNanos: parseAmount(body.spend_cap, "spend_cap") } : {}),
  };
}

function componentsFrom({ per_thousand, free_units, components }: Body): Component[] {
  if ((per_thousand === undefined) === (components === undefined)) {
    throw new Refusal("invalid_request", "A plan has either `per_thousand` or `components`.", { param: "components" });
  }
  if (components && free_units !== undefined) {
    throw new Refusal("invalid_request", "`free_units` goes with `per_thousand`.", { param: "free_units" });
  }
  const all = components ?? [
    {
      unit: "predictions" as const,
      price: { kind: "per_unit" as const, per_thousand: per_thousand ?? "0", free_units: free_units ?? 0 },
    },
  ];
  return all.map(({ unit, price }) => ({
    unit,
    price: {
      kind: price.kind,
      perThousandNanos: parseAmount(price.per_thousand, "per_thousand"),
      freeUnits: price.free_units,
    },
  }));
}

const componentShape = z.strictObject({
  unit,
  price: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("per_unit"), per_thousand: money, free_units: z.number().int() }),
  ]),
});

export const pricesOutShape = {
  fee: money,
  per_thousand: money.nullable().describe("Of a plan that prices predictions alone."),
  free_units: z.number().int().nullable(),
  components: z.array(componentShape),
  spend_cap: money.nullable(),
};

const outShape = z.strictObject(pricesOutShape);

export function pricesOut(card: RateCard, of: Currency): z.input<typeof outShape> {
  const components = card.components.map(({ unit, price }) => ({
    unit,
    price: { kind: price.kind, per_thousand: moneyOf(price.perThousandNanos, of), free_units: price.freeUnits },
  }));
  const [only, ...others] = components;
  const short = only?.unit === "predictions" && others.length === 0 ? only.price : undefined;
  return {
    fee: moneyOf(card.feeNanos, of),
    per_thousand: short?.per_thousand ?? null,
    free_units: short?.free_units ?? null,
    components,
    spend_cap: card.spendCapNanos === null ? null : moneyOf(card.spendCapNanos, of),
  };
}
