import { seededRandom, shuffle } from "../../../kernel/random.ts";
import { type Tokenizer, endOfText } from "../../../models/index.ts";
import type { Batch } from "../../../tensor/index.ts";

/** All texts one after the other, each between ends of text. */
export function streamOf(texts: readonly string[], tokenizer: Tokenizer): Int32Array {
  const parts = texts.map((text) => tokenizer.encode(text));
  const stream = new Int32Array(parts.reduce((size, part) => size + part.length + 1, 1)).fill(endOfText);
  let at = 1;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length + 1;
  }
  return stream;
}

export interface WindowOptions {
  /** Tokens of a window. */
  readonly window: number;
  /** Windows of a batch. */
  readonly batch: number;
}

/** Tokens `from` up to `to`, of which the first `context` are read but not asked for what follows them. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly context: number;
}

/** Windows that cover a stream once: cut at other places and in another order in each epoch. */
export function trainingWindows(size: number, window: number, seed: number | string, epoch: number): Window[] {
  const random = seededRandom(`${seed}/windows/${epoch}`);
  const windows: Window[] = [];
  for (let to = 1 + random.below(window), from = 0; from < size - 1; from = to, to += window) {
    windows.push({ from, to: Math.min(to, size - 1), context: 0 });
  }
  return shuffle(windows, random);
}

/** Windows that cover a stream once, the second half of each: so every token has half a window before it, if there is so much. */
export function validationWindows(size: number, window: number): Window[] {
  const context = window >> 1;
  const windows: Window[] = [];
  for (let at = 0; at < size - 1;) {
    const from = Math.max(0, at - context);
    const to = Math.min(from + window, size - 1);
    windows.push({ from, to, context: at - from });
    at = to;
  }
  return windows;
}

/** `ids` and what follows each of them, `labels`, int32 [batch, window]; a label of -1 is not asked for. */
export function* windowBatches(
  stream: Int32Array,
  windows: readonly Window[],
  { window, batch }: WindowOptions,
): Generator<Batch> {
  for (let first = 0; first < windows.length; first += batch) {
    const some = windows.slice(first, first + batch);
    const ids = new Int32Array(some.length * window);
    const labels = new Int32Array(some.length * window).fill(-1);
    for (const [row, { from, to, context }] of some.entries()) {
      ids.set(stream.subarray(from, to), row * window);
      labels.set(stream.subarray(from + 1 + context, to + 1), row * window + context);
    }
    yield { size: some.length, values: { ids, labels } };
  }
}
