import { z } from "zod";
import { Refusal } from "../kernel/errors.ts";
import { type Currency, parseAmount } from "../kernel/money.ts";
import {
  type Component,
  type Prices,
  type RateCard,
  componentForm,
  componentFormOf,
  componentFrom,
  meteredUnits,
} from "../sell/index.ts";
import { amount, money, moneyOf } from "./shapes.ts";

/** How prices are written in HTTP: a general form, and a short one for predictions at a price per 1,000. */

const units = z.number().int().min(0).max(1e12);

export const priceBody = {
  fee: amount.default("0").describe("Monthly fee."),
  per_thousand: amount.optional().describe("Price of 1,000 predictions: the short form of `components`."),
  free_units: units.optional().describe("Predictions free in each period; with `per_thousand`."),
  components: z
    .array(componentForm)
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
  if (components) return components.map(componentFrom);
  const perThousandNanos = parseAmount(per_thousand ?? "0", "per_thousand");
  return [{ unit: "predictions", price: { kind: "per_unit", perThousandNanos, freeUnits: free_units ?? 0 } }];
}

export const pricesOutShape = {
  fee: money,
  per_thousand: money.nullable().describe("Of a plan that prices predictions alone."),
  free_units: z.number().int().nullable(),
  components: z.array(componentForm).describe("As they are written."),
  spend_cap: money.nullable(),
};

const outShape = z.strictObject(pricesOutShape);

export function pricesOut(card: RateCard, of: Currency): z.input<typeof outShape> {
  const [only, ...others] = card.components;
  const short =
    only?.unit === "predictions" && only.price.kind === "per_unit" && others.length === 0 ? only.price : undefined;
  return {
    fee: moneyOf(card.feeNanos, of),
    per_thousand: short ? moneyOf(short.perThousandNanos, of) : null,
    free_units: short?.freeUnits ?? null,
    components: card.components.map(componentFormOf),
    spend_cap: card.spendCapNanos === null ? null : moneyOf(card.spendCapNanos, of),
  };
}
