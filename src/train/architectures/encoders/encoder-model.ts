import { Refusal } from "../../../kernel/errors.ts";
import { type OpenEncoder, type TokenFeatures, openEncoder } from "../../../models/index.ts";
import type { Batch } from "../../../tensor/index.ts";
import type { TrainingInput } from "../architecture.ts";

/** The encoder that the recipe names. */
export function encoderOf({ encoder, recipe }: TrainingInput<{ readonly encoder: string }>): OpenEncoder {
  if (encoder) return openEncoder(encoder);
  throw new Refusal("invalid_request", `The encoder "${recipe.encoder}" was not given to this training.`);
}

/** What a training step feeds to it: the codec's numbers as int32. */
export function encoderValues({ feeds }: OpenEncoder, texts: readonly TokenFeatures[]): NonNullable<Batch["values"]> {
  const fed = Object.entries(feeds(texts));
  return Object.fromEntries(fed.map(([name, { data }]) => [name, Int32Array.from(data, Number)]));
}
