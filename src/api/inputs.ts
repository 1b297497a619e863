import { z } from "zod";
import { prepareImage } from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { canonicalJson } from "../kernel/hash.ts";
import { limits } from "../kernel/limits.ts";
import type { InputKind } from "../models/index.ts";

const cell = z.union([z.string().max(limits.cellCharsMax), z.number(), z.boolean(), z.null()]);

export const imageShape = z.strictObject({
  image: z
    .string()
    .startsWith("data:image/")
    .max(limits.predictionInputCharsMax)
    .describe("A PNG or JPEG as a base64 data URL."),
});

/** What an endpoint is asked about: a text, an image, or a row of a table. */
export const inputShape = z
  .union([
    z.string().min(1).max(limits.predictionInputCharsMax).describe("A text."),
    imageShape,
    z
      .record(z.string().min(1).max(limits.nameCharsMax), cell)
      .refine((row) => Object.keys(row).length > 0 && Object.keys(row).length <= limits.tableColumnsMax)
      .describe("A row: every column that the model was trained on by its name, null where a value is missing."),
  ])
  .describe("What to answer for.");

export type GivenInput = z.output<typeof inputShape>;

/**
 * The one string that an input is everywhere inside, the same that training saw: a row as canonical JSON, an image as a
 * small PNG. The kind is undefined of plain text, which may hold either of them already.
 */
export function inputOf(given: GivenInput): { readonly input: string; readonly inputKind?: InputKind } {
  if (typeof given === "string") return { input: given };
  if (!isImage(given)) return { input: canonicalJson(given), inputKind: "row" };
  const prepared = prepareImage(given.image, limits.predictionPixelsMax);
  if (prepared.ok) return { input: prepared.input, inputKind: "image" };
  throw new Refusal("invalid_request", sentences[prepared.reason] ?? "The image cannot be read.", {
    param: "input.image",
  });
}

const sentences: Readonly<Record<string, string>> = {
  not_an_image: "The image is no base64 data URL.",
  broken_image: "The image is not a PNG or JPEG that can be read.",
  image_too_large: `The image has more than ${limits.predictionPixelsMax} pixels.`,
};

function isImage(given: Exclude<GivenInput, string>): given is { readonly image: string } {
  const { image } = given;
  return typeof image === "string" && image.startsWith("data:image/") && Object.keys(given).length === 1;
}
