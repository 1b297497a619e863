import { z } from "zod";
import type { PredictionAnswer } from "../gateway/index.ts";
import { type MeteredUnit, answersIn, meteredUnits } from "../sell/index.ts";
import { money, moneyOf } from "./shapes.ts";

/** What was counted, by unit; units that were not used are left out. */
export const quantitiesShape = z
  .strictObject(
    Object.fromEntries(meteredUnits.map((unit) => [unit, z.number().int().optional()])) as {
      [U in MeteredUnit]: z.ZodOptional<z.ZodNumber>;
    },
  )
  .describe("What was counted, by unit.");

export const usageShape = z.strictObject({
  units: z.number().int().describe("Requests and predictions."),
  quantities: quantitiesShape,
  amount: money,
});

export function usageOf({ quantities, amountNanos, currency }: PredictionAnswer["usage"]): z.input<typeof usageShape> {
  return { units: answersIn(quantities), quantities, amount: moneyOf(amountNanos, currency) };
}
