import { z } from "zod";
import { encoderName } from "../encoders/fields.ts";
import { calibrate, fireDrill, recipeName, refuse } from "../fields.ts";

export const textZeroShotRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("text-zero-shot"),
  encoder: encoderName,
  /** What a label means, by label; default its name, with spaces in place of `_` and `-`. */
  descriptions: z.record(z.string(), z.string().min(1).max(2_000)).default({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type TextZeroShotRecipe = z.output<typeof textZeroShotRecipe>;
