import { seededRandom } from "../../kernel/random.ts";
import { type Sampling, choices, draw, logProbabilities, stopFilter } from "../sampling.ts";
import { endOfText } from "../tokenizers/tokenizer.ts";
import { type LanguageModel, readMax } from "./language-model.ts";

export interface GenerateOptions extends Sampling {
  readonly prompt: string;
  readonly tokensMax: number;
  /** The text ends before the first of these; none is part of it. */
  readonly stops: readonly string[];
  /** The same seed, prompt and options give the same text. */
  readonly seed: number | string;
  /** How many of the likeliest tokens are told at each place. */
  readonly alternatives: number;
}

/** A token that was written. */
export interface Written {
  /** What it adds to the text: nothing while it may yet turn out to begin a stop, or half a character. */
  readonly text: string;
  /** The token alone. */
  readonly token: string;
  /** ln p by the model as it is, before temperature and cuts. */
  readonly logProbability: number;
  readonly alternatives: readonly { readonly token: string; readonly logProbability: number }[];
}

/** How a text ended. */
export interface Ending {
  /** What was held back and belongs to the text after all. */
  readonly text: string;
  /** `stop`: a stop or the model's own end of text; `length`: `tokensMax` was reached; `cancelled`: nobody asked on. */
  readonly reason: "stop" | "length" | "cancelled";
  readonly promptTokens: number;
  /** Tokens computed, the ones of a stop among them, the end of text not. */
  readonly writtenTokens: number;
}

/**
 * Writes on from the prompt, a token at a time, after a `null` for each part of the prompt that was read; returns how it
 * ended. To cancel, ask for no more. An unknown word is never written.
 */
export async function* generate(
  model: LanguageModel,
  options: GenerateOptions,
): AsyncGenerator<Written | null, Ending> {
  const { prompt, tokensMax, stops, seed, alternatives } = options;
  const { tokenizer } = model;
  const random = seededRandom(seed);
  const banned = tokenizer.unknown === null ? [] : [tokenizer.unknown];
  const prompted = tokenizer.encode(prompt);
  const { push, end } = tokenizer.decoder();
  const filter = stopFilter(stops);
  const reader = model.begin();
  const ended = (text: string, reason: Ending["reason"], writtenTokens: number): Ending => {
    return { text, reason, promptTokens: prompted.length, writtenTokens };
  };
  const given = Int32Array.of(endOfText, ...prompted);
  let at = 0;
  for (; at + readMax < given.length; at += readMax) {
    await reader.read(given.subarray(at, at + readMax));
    yield null;
  }
  let logits = lastRow(await reader.read(given.subarray(at)), tokenizer.size);
  for (let written = 0; written < tokensMax;) {
    const { id } = draw(choices(logits, options, banned), random.next());
    if (id === endOfText) return ended(restOf(filter.push(end()), filter.end()), "stop", written);
    written++;
    const logs = logProbabilities(logits);
    const { text, stopped } = filter.push(push(id));
    yield {
      text,
      token: tokenizer.decode([id]),
      logProbability: logs[id] ?? -Infinity,
      alternatives: likeliest(logs, alternatives).map((other) => {
        return { token: tokenizer.decode([other]), logProbability: logs[other] ?? -Infinity };
      }),
    };
    if (stopped) return ended("", "stop", written);
    if (written < tokensMax) logits = lastRow(await reader.read(Int32Array.of(id)), tokenizer.size);
  }
  return ended(restOf(filter.push(end()), filter.end()), "length", tokensMax);
}

const restOf = ({ text, stopped }: { text: string; stopped: boolean }, rest: string): string =>
  stopped ? text : text + rest;

const lastRow = (logits: Float32Array, width: number): Float32Array => logits.subarray(logits.length - width);

/** The `count` ids of the highest values, highest first. */
function likeliest(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  for (let id = 0; id < values.length; id++) {
    const at = (i: number): number => values[best[i] ?? 0] ?? 0;
    if (best.length === count && (values[id] ?? 0) <= at(count - 1)) continue;
    let place = best.length;
    while (place > 0 && at(place - 1) < (values[id] ?? 0)) place--;
    best.splice(place, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
