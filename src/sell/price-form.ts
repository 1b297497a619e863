import { z } from "zod";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { formatAmount, parseAmount } from "../kernel/money.ts";
import type { Component } from "./component.ts";
import type { PlainPrice, Price } from "./price.ts";
import { meteredUnits } from "./units.ts";

/*
 * How people write prices: in HTTP, in files for the command, and as they read them back. Amounts are text like "2.50".
 */

const amount = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,9})?$/)
  .describe('An amount like "29.00".');
const units = z.number().int().min(0).max(limits.quotaUnitsMax);
const upTo = z.number().int().min(1).nullable().describe("The last unit of the tier; null for the last tier.");
const tiers = z
  .array(
    z.strictObject({
      up_to: upTo,
      per_thousand: amount.default("0").describe("Price of 1,000 units."),
      flat: amount.default("0").describe("Added once when the tier is entered."),
    }),
  )
  .min(1)
  .max(limits.priceTiersMax);
/** What may stand around any price. */
const around = {
  allowance: z
    .strictObject({
      units: units.describe("Units free in each period, before the price counts any."),
      rollover_units_max: units.default(0).describe("How many unused ones the next period gets beside its own."),
    })
    .optional(),
  minimum: amount.optional().describe("A commitment: what is missing to it is added when the period closes."),
  maximum: amount.optional().describe("Usage of a period costs at most this; units beyond it are free."),
};

export const priceForm = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("per_unit"),
    per_thousand: amount.describe("Price of 1,000 units."),
    free_units: units.default(0).describe("Units free in each period."),
    ...around,
  }),
  z.strictObject({ kind: z.literal("graduated"), tiers: tiers.describe("Each unit by its own tier."), ...around }),
  z.strictObject({
    kind: z.literal("volume"),
    tiers: tiers.describe("All units by the tier of their number."),
    ...around,
  }),
  z.strictObject({
    kind: z.literal("package"),
    package_units: z.number().int().min(1).max(limits.quotaUnitsMax),
    package_price: amount.describe("Of each begun package."),
    free_units: units.default(0),
    ...around,
  }),
  z.strictObject({
    kind: z.literal("percentage"),
    unit_value: amount.describe("What one unit is worth."),
    percent: z
      .string()
      .regex(/^\d{1,3}(\.\d{1,4})?$/)
      .describe('A share like "2.5".'),
    ...around,
  }),
  z.strictObject({
    kind: z.literal("flat"),
    amount: amount.describe("Of a period in which anything is used."),
    ...around,
  }),
  z.strictObject({
    kind: z.literal("tiered_flat"),
    tiers: z
      .array(z.strictObject({ up_to: upTo, flat: amount }))
      .min(1)
      .max(limits.priceTiersMax),
    ...around,
  }),
]);

export const componentForm = z.strictObject({ unit: z.enum(meteredUnits), price: priceForm });

type PriceForm = z.output<typeof priceForm>;
export type ComponentForm = z.input<typeof componentForm>;
type FormOf<K extends PriceForm["kind"]> = Extract<PriceForm, { kind: K }>;

const tierFrom = ({ up_to, per_thousand, flat }: FormOf<"graduated">["tiers"][number]) => ({
  upToUnits: up_to,
  perThousandNanos: parseAmount(per_thousand, "per_thousand"),
  flatNanos: parseAmount(flat, "flat"),
});

const readers: { readonly [K in PriceForm["kind"]]: (form: FormOf<K>) => Extract<PlainPrice, { kind: K }> } = {
  per_unit: ({ kind, per_thousand, free_units }) => ({
    kind,
    perThousandNanos: parseAmount(per_thousand, "per_thousand"),
    freeUnits: free_units,
  }),
  graduated: ({ kind, tiers }) => ({ kind, tiers: tiers.map(tierFrom) }),
  volume: ({ kind, tiers }) => ({ kind, tiers: tiers.map(tierFrom) }),
  package: ({ kind, package_units, package_price, free_units }) => ({
    kind,
    packageUnits: package_units,
    packageNanos: parseAmount(package_price, "package_price"),
    freeUnits: free_units,
  }),
  percentage: ({ kind, unit_value, percent }) => ({
    kind,
    unitValueNanos: parseAmount(unit_value, "unit_value"),
    partsPerMillion: Number(parseAmount(percent, "percent") / 100_000n),
  }),
  flat: ({ kind, amount }) => ({ kind, amountNanos: parseAmount(amount, "amount") }),
  tiered_flat: ({ kind, tiers }) => ({
    kind,
    tiers: tiers.map(({ up_to, flat }) => ({ upToUnits: up_to, flatNanos: parseAmount(flat, "flat") })),
  }),
};

export function componentFrom({ unit, price: form }: z.output<typeof componentForm>): Component {
  let price: Price = (readers[form.kind] as (form: PriceForm) => PlainPrice)(form);
  const { allowance, minimum, maximum } = form;
  if (allowance) {
    price = {
      kind: "allowance",
      freeUnits: allowance.units,
      rolloverUnitsMax: allowance.rollover_units_max,
      of: price,
    };
  }
  if (minimum !== undefined) price = { kind: "minimum", minimumNanos: parseAmount(minimum, "minimum"), of: price };
  if (maximum !== undefined) price = { kind: "maximum", maximumNanos: parseAmount(maximum, "maximum"), of: price };
  return { unit, price };
}

/** Components as a file has them. The refusal names the field. */
export function parseComponentForms(json: unknown): Component[] {
  const parsed = z.array(componentForm).max(meteredUnits.length).safeParse(json);
  if (parsed.success) return parsed.data.map(componentFrom);
  const [issue] = parsed.error.issues;
  const param = ["components", ...(issue?.path ?? [])].map(String).join(".");
  throw new Refusal("invalid_request", `The prices are not valid at ${param}: ${issue?.message ?? "unknown"}.`, {
    param,
  });
}

const tierOut = (tier: { upToUnits: number | null; perThousandNanos: bigint; flatNanos: bigint }) => ({
  up_to: tier.upToUnits,
  per_thousand: formatAmount(tier.perThousandNanos),
  flat: formatAmount(tier.flatNanos),
});

const writers: { readonly [K in PlainPrice["kind"]]: (price: Extract<PlainPrice, { kind: K }>) => FormOf<K> } = {
  per_unit: ({ kind, perThousandNanos, freeUnits }) => ({
    kind,
    per_thousand: formatAmount(perThousandNanos),
    free_units: freeUnits,
  }),
  graduated: ({ kind, tiers }) => ({ kind, tiers: tiers.map(tierOut) }),
  volume: ({ kind, tiers }) => ({ kind, tiers: tiers.map(tierOut) }),
  package: ({ kind, packageUnits, packageNanos, freeUnits }) => ({
    kind,
    package_units: packageUnits,
    package_price: formatAmount(packageNanos),
    free_units: freeUnits,
  }),
  percentage: ({ kind, unitValueNanos, partsPerMillion }) => ({
    kind,
    unit_value: formatAmount(unitValueNanos),
    percent: String(partsPerMillion / 10_000),
  }),
  flat: ({ kind, amountNanos }) => ({ kind, amount: formatAmount(amountNanos) }),
  tiered_flat: ({ kind, tiers }) => ({
    kind,
    tiers: tiers.map(({ upToUnits, flatNanos }) => ({ up_to: upToUnits, flat: formatAmount(flatNanos) })),
  }),
};

/** The form again; what is read can be written back. */
export function componentFormOf({ unit, price }: Component): z.output<typeof componentForm> {
  return { unit, price: priceFormOf(price) };
}

function priceFormOf(price: Price): PriceForm {
  switch (price.kind) {
    case "allowance": {
      const allowance = { units: price.freeUnits, rollover_units_max: price.rolloverUnitsMax };
      return { ...priceFormOf(price.of), allowance };
    }
    case "minimum":
      return { ...priceFormOf(price.of), minimum: formatAmount(price.minimumNanos) };
    case "maximum":
      return { ...priceFormOf(price.of), maximum: formatAmount(price.maximumNanos) };
    case "per_unit":
    case "graduated":
    case "volume":
    case "package":
    case "percentage":
    case "flat":
    case "tiered_flat":
      return (writers[price.kind] as (price: PlainPrice) => PriceForm)(price);
  }
}
