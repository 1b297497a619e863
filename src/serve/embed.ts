import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Answer, InvalidInput } from "../models/index.ts";
import type { Batcher, Share } from "./batcher.ts";
import type { Embedding, EmbedOptions } from "./serving.ts";

/**
 * The vectors of texts, in order. A batch of them waits at a time, so that others come between. What fails for one fails
 * for all, and what has not begun then is not computed.
 */
export async function embedTexts(
  batcher: Batcher<Answer | InvalidInput>,
  texts: readonly string[],
  { signal }: EmbedOptions = {},
): Promise<Embedding> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const vectors: Float32Array[] = [];
  let [tokens, computeMs, batchSize] = [0, 0, 0];
  for (let from = 0; from < texts.length; from += limits.inferenceBatchMax) {
    const some = texts.slice(from, from + limits.inferenceBatchMax).map((text) => batcher.submit(text, stop));
    for (const share of await allOf(some, failed)) {
      const { answer } = share;
      if ("invalid" in answer) throw new Refusal("invalid_request", answer.invalid, { param: "input" });
      if (!("vector" in answer)) throw new Error("Invariant broken: a model that gives vectors answers with one");
      vectors.push(answer.vector);
      tokens += answer.tokens;
      computeMs += share.computeMs;
      batchSize = Math.max(batchSize, share.batchSize);
    }
  }
  return { vectors, tokens, computeMs, batchSize };
}

type Shares = readonly Share<Answer | InvalidInput>[];

async function allOf(waiting: readonly Promise<Shares[number]>[], failed: AbortController): Promise<Shares> {
  try {
    return await Promise.all(waiting);
  } catch (error) {
    failed.abort();
    throw error;
  }
}
