import { must } from "../../../kernel/errors.ts";
import { type OpenEncoder, type TokenFeatures, vectorsOnnx } from "../../../models/index.ts";
import { openSession, value } from "../../../tensor/index.ts";

/** Of each text, known by its features, a vector of norm 1. */
export type Vectors = ReadonlyMap<TokenFeatures, Float32Array>;

/** Texts of one run of the encoder, sorted by length. */
const together = 32;

/** Vectors of texts from the encoder as it was brought. */
export async function vectorsOf(
  encoder: OpenEncoder,
  texts: readonly TokenFeatures[],
  threads: number,
): Promise<Vectors> {
  const session = await openSession(vectorsOnnx(encoder), { threads });
  const vectors = new Map<TokenFeatures, Float32Array>();
  const { width } = encoder.facts;
  try {
    const order = texts.toSorted((a, b) => a.length - b.length);
    for (let from = 0; from < order.length; from += together) {
      const some = order.slice(from, from + together);
      const fed = Object.entries(encoder.feeds(some)).map(
        ([name, { data, dims }]) => [name, value(data, dims)] as const,
      );
      const found = must((await session.run(Object.fromEntries(fed)))["vectors"], "the encoder's vectors").data;
      for (const [row, text] of some.entries()) {
        vectors.set(text, Float32Array.from(found.slice(row * width, (row + 1) * width), Number));
      }
    }
  } finally {
    await session.release();
  }
  return vectors;
}
