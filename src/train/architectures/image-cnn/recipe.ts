import { z } from "zod";
import { limits } from "../../../kernel/limits.ts";
import { auto, calibrate, fireDrill, recipeName, refuse } from "../fields.ts";

const side = z.int().min(8).max(limits.imageSideMax).or(auto).default("auto");

/** What a training image may look like besides how it is: each time a little otherwise. */
const augmentation = z.strictObject({
  /** Pixels that an image is moved by at most, across and down. */
  shift: z.number().min(0).max(16).default(1),
  /** Degrees that it is turned by at most, to either side. */
  rotation: z.number().min(0).max(180).default(8),
  /** Whether half of the images are mirrored: of things, not of writing. */
  flip: z.boolean().default(false),
});

const training = z.strictObject({
  epochs: z.int().min(1).max(1_000).or(auto).default("auto"),
  batch: z.int().min(1).max(1_024).default(64),
  /** Highest learning rate of AdamW; it falls to zero as half a cosine. */
  rate: z.number().positive().max(1).default(0.003),
  decay: z.number().min(0).max(1).default(0.01),
  smoothing: z.number().min(0).max(0.5).default(0.05),
  patience: z.int().min(1).max(1_000).or(auto).default("auto"),
});

export const imageCnnRecipe = z.strictObject({
  name: recipeName,
  task: z.literal("image-classification"),
  architecture: z.literal("image-cnn"),
  /** What images are scaled to; `auto`: the most frequent size of the training images. */
  width: side,
  height: side,
  /** 1 for grey, 3 for colour; `auto`: grey when all training images are. */
  channels: z
    .union([z.literal(1), z.literal(3)])
    .or(auto)
    .default("auto"),
  /** Filters of the convolutions of 3 by 3; a pooling of 2 by 2 follows each but the last. */
  filters: z.array(z.int().min(1).max(512)).min(1).max(5).default([32, 64, 64]),
  /** Units of the dense layer before softmax. */
  units: z.int().min(1).max(4_096).default(64),
  dropout: z.number().min(0).max(0.9).default(0.3),
  augmentation: augmentation.prefault({}),
  training: training.prefault({}),
  calibrate,
  refuse,
  fire_drill: fireDrill,
});

export type ImageCnnRecipe = z.output<typeof imageCnnRecipe>;
