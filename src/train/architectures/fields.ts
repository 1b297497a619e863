import { z } from "zod";
import { limits } from "../../kernel/limits.ts";

/** Fields that recipes of every architecture have. */
export const auto = z.literal("auto");
export const recipeName = z.string().min(1).max(limits.nameCharsMax);
/** Whether a temperature is fitted on validation; kept only if it lowers validation loss. */
export const calibrate = z.boolean().default(true);
/**
 * Of a classifier: refuse ("none of these") where the probability is low, so that among what it answers the share of wrong
 * answers stays below `risk`, with 95 % confidence on validation. Null: it always answers.
 */
export const refuse = z
  .strictObject({ risk: z.number().min(0.0001).max(0.5) })
  .nullable()
  .default(null);
/** Damages the training on purpose: `shuffle_labels` gives every training example the label of another. */
export const fireDrill = z.enum(["shuffle_labels"]).nullable().default(null);

/** Of attention: what to say when `width` is no multiple of `heads`. */
export const headsShareWidth = { message: "the heads share the width evenly", path: ["heads"] };
