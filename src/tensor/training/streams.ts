import type { Batch } from "./batch.ts";

/**
 * Examples that arrive one by one, as batches: `size` of them at a time, made into a batch by `make`; the last may be
 * smaller. Nothing is read ahead of what is trained.
 */
export async function* streamedBatches<Example>(
  examples: Iterable<Example> | AsyncIterable<Example>,
  size: number,
  make: (examples: readonly Example[]) => Batch,
): AsyncGenerator<Batch> {
  let some: Example[] = [];
  for await (const example of examples) {
    some.push(example);
    if (some.length < size) continue;
    yield make(some);
    some = [];
  }
  if (some.length > 0) yield make(some);
}

export interface Padded {
  /** Row-major [sequences, length]. */
  readonly values: Int32Array;
  /** Of each sequence, before padding, at least 1: what a model's `lengths` are. */
  readonly lengths: Int32Array;
  /** Of every row. */
  readonly length: number;
}

export interface PadOptions {
  /** Default 0; labels that do not count are -1. */
  readonly padding?: number;
  /** Longer sequences lose their end. */
  readonly lengthMax?: number;
  /** Rows are a multiple of this long, so that fewer lengths occur. Default 1. */
  readonly multiple?: number;
}

/** Sequences of ids below each other, each filled up at its end to the longest; an empty one counts one padding. */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): Padded {
  const { padding = 0, lengthMax = Number.POSITIVE_INFINITY, multiple = 1 } = options;
  const longest = sequences.reduce((length, sequence) => Math.max(length, sequence.length), 1);
  const length = Math.min(lengthMax, Math.ceil(longest / multiple) * multiple);
  const values = new Int32Array(sequences.length * length).fill(padding);
  const lengths = Int32Array.from(sequences, (sequence) => Math.max(1, Math.min(sequence.length, length)));
  for (const [row, sequence] of sequences.entries()) {
    for (let i = 0; i < Math.min(sequence.length, length); i++) values[row * length + i] = sequence[i] ?? padding;
  }
  return { values, lengths, length };
}
