import { z } from "zod";
import { auto, calibrate, fireDrill, recipeName, refuse } from "../fields.ts";

/** How the columns of a table are read; which are numbers and which categories, the dataset knows. */
const columns = z.strictObject({
  /** Intervals that a number is cut into at its quantiles, so that effects may bend there; 0 for none. */
  intervals: z.int().min(0).max(64).default(6),
  /** The most frequent values of a category that are known. */
  values: z.int().min(1).max(10_000).default(200),
  /** Training rows below which a value of a category counts as unknown. */
  rows_min: z.int().min(1).max(10_000).default(5),
});

const training = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(4_096).or(auto).default("auto"),
  /** Highest learning rate of AdamW; it falls to zero as half a cosine. */
  rate: z.number().positive().max(1).default(0.005),
  /** Decoupled weight decay; `auto`: 1 for classes, 0.1 for a number. */
  decay: z.number().min(0).max(10).or(auto).default("auto"),
  /** Label smoothing: the share of a label's weight that is spread over all. */
  smoothing: z.number().min(0).max(0.5).default(0),
});

export const tableMlpRecipe = z
  .strictObject({
    name: recipeName,
    task: z.enum(["table-classification", "table-regression"]),
    architecture: z.literal("table-mlp"),
    columns: columns.prefault({}),
    /** Small networks side by side, whose answers are averaged. */
    members: z.int().min(1).max(64).default(8),
    /** Units of each member's hidden layers. */
    units: z.int().min(1).max(1_024).or(auto).default("auto"),
    layers: z.int().min(1).max(6).or(auto).default("auto"),
    /** Numbers that a category's value becomes. */
    width: z.int().min(1).max(64).default(4),
    dropout: z.number().min(0).max(0.9).default(0.2),
    training: training.prefault({}),
    calibrate,
    refuse,
    fire_drill: fireDrill,
  })
  .refine(({ task, refuse }) => task === "table-classification" || refuse === null, {
    message: "a number is never refused, only a class",
    path: ["refuse"],
  });

export type TableMlpRecipe = z.output<typeof tableMlpRecipe>;
