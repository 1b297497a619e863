import { z } from "zod";
import { encoderName } from "../encoders/fields.ts";
import { calibrate, fireDrill, recipeName, refuse } from "../fields.ts";

export const textNearestRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("text-classification"),
  architecture: z.literal("text-nearest"),
  encoder: encoderName,
  /** Training examples of each class that are compared with, drawn by the run's seed. */
  examples: z.int().min(1).max(1_000).default(10),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type TextNearestRecipe = z.output<typeof textNearestRecipe>;
