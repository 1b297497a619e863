import { Refusal, must } from "../../kernel/errors.ts";
import { type Session, type Values, openSession, value } from "../../tensor/index.ts";
import type { Computation } from "../model.ts";
import { type Tokenizer, endOfText, openTokenizer } from "../tokenizers/tokenizer.ts";
import type { LanguagePreprocessing } from "./preprocessing.ts";

/** A graph that says, after each token, how likely every token is to come next. */
export interface LanguageModel {
  readonly tokenizer: Tokenizer;
  /** A reader that has read nothing but the end of what was before. */
  begin(): Reader;
  /** ln p of each token of the text and of its end. */
  score(text: string): Promise<Float64Array>;
  close(): Promise<void>;
}

/** One text as far as it was read. */
export interface Reader {
  /** Reads on. One row of logits for each token: what comes after it, [ids, tokenizer.size]. */
  read(ids: Int32Array): Promise<Float32Array>;
}

/** Tokens read in one run: rows of logits for each are in memory at once. */
export const readMax = 64;

/** Refuses with `invalid_data` a file that is no language model of ours. */
export async function openLanguageModel(
  { onnx, preprocessing }: Computation,
  options: { readonly threads: number },
): Promise<LanguageModel> {
  if (preprocessing.kind !== "language") throw new Refusal("invalid_data", "This model does not write text.");
  const session = await openSession(onnx, options);
  const tokenizer = openTokenizer(preprocessing.tokenizer);
  const begin = (): Reader => openReader(session, preprocessing, tokenizer.size);
  return {
    tokenizer,
    begin,
    async score(text) {
      const ids = tokenizer.encode(text);
      const given = Int32Array.of(endOfText, ...ids);
      const scores = new Float64Array(given.length);
      const reader = begin();
      for (let from = 0; from < given.length; from += readMax) {
        const chunk = given.subarray(from, from + readMax);
        const logits = await reader.read(chunk);
        for (let i = 0; i < chunk.length; i++) {
          const row = logits.subarray(i * tokenizer.size, (i + 1) * tokenizer.size);
          const target = from + i < ids.length ? (ids[from + i] as number) : endOfText;
          scores[from + i] = logProbabilityOf(row, target);
        }
      }
      return scores;
    },
    close: () => session.release(),
  };
}

function logProbabilityOf(logits: Float32Array, id: number): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - highest);
  return (logits[id] ?? -Infinity) - highest - Math.log(total);
}

/**
 * A recurrent model's state holds all that was read. One with a context looks back on so many tokens at most: when it is
 * full, the last half of it is read again from the start.
 */
function openReader(session: Session, preprocessing: LanguagePreprocessing, width: number): Reader {
  const { context, states } = preprocessing;
  let state = emptyStates(states);
  let length = 0;
  let recent = new Int32Array(0); // the last tokens, of a model with a context
  const run = async (ids: Int32Array): Promise<Float32Array> => {
    const outputs = await session.run({ ids: value(BigInt64Array.from(ids, BigInt), [1, ids.length]), ...state });
    state = Object.fromEntries(states.map(({ name, next }) => [name, must(outputs[next], next)]));
    length += ids.length;
    const { data } = must(outputs["logits"], "a language model has an output `logits`");
    if (!(data instanceof Float32Array) || data.length !== ids.length * width) {
      throw new Refusal("invalid_data", "The ONNX file does not fit the tokenizer beside it.");
    }
    return data;
  };
  const readChunk = async (ids: Int32Array): Promise<Float32Array> => {
    if (context === null) return run(ids);
    if (length + ids.length > context) {
      state = emptyStates(states);
      length = 0;
      await run(recent.subarray(-Math.floor(context / 2)));
    }
    recent = Int32Array.of(...recent.subarray(-context), ...ids);
    return run(ids);
  };
  const chunk = context === null ? readMax : Math.min(readMax, Math.floor(context / 2));
  return {
    async read(ids) {
      const logits = new Float32Array(ids.length * width);
      for (let from = 0; from < ids.length; from += chunk) {
        logits.set(await readChunk(ids.subarray(from, from + chunk)), from * width);
      }
      return logits;
    },
  };
}

function emptyStates(states: LanguagePreprocessing["states"]): Values {
  return Object.fromEntries(
    states.map(({ name, dims }) => {
      const sizes = dims.map((dim) => (dim === "batch" ? 1 : dim === "past" ? 0 : dim));
      return [name, value(new Float32Array(sizes.reduce((size, dim) => size * dim, 1)), sizes)];
    }),
  );
}
