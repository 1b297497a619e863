import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { balancedBatches, balancedWeights, bucketedBatches } from "./sampling.ts";
import { padSequences, streamedBatches } from "./streams.ts";

const config = { numRuns: 50, seed: 20_260_101 };
const flat = (batches: Iterable<Int32Array>): number[] => [...batches].flatMap((batch) => [...batch]);
const sorted = (xs: readonly number[]): number[] => xs.toSorted((a, b) => a - b);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("bucketed batches", () => {
  test("hold every sequence once, whatever the lengths", () => {
    const sizes = fc.record({ size: fc.integer({ min: 1, max: 9 }), pool: fc.integer({ min: 1, max: 5 }) });
    const property = fc.property(fc.array(fc.nat(50), { maxLength: 200 }), sizes, (lengths, { size, pool }) => {
      const batches = bucketedBatches(lengths, { size, pool, seed: 1, epoch: 1 });
      expect(sorted(flat(batches))).toEqual(range(lengths.length));
      expect(batches.filter(({ length }) => length < size).length).toBeLessThanOrEqual(1);
    });
    fc.assert(property, config);
  });

  const lengths = range(1_000).map((i) => 1 + ((i * 7919) % 100));
  const padding = (batches: readonly Int32Array[]): number =>
    batches.reduce((sum, batch) => {
      const longest = Math.max(...[...batch].map((i) => lengths[i]!));
      return sum + [...batch].reduce((wasted, i) => wasted + longest - lengths[i]!, 0);
    }, 0);

  test("waste little, and come neither in order of length nor in the same order each epoch", () => {
    const options = { size: 10, seed: 7, epoch: 1 };
    const batches = bucketedBatches(lengths, options);
    expect(padding(batches)).toBeLessThan(0.05 * padding(bucketedBatches(lengths, { ...options, pool: 1 })));
    const firsts = batches.map(([i]) => lengths[i!]!);
    expect(firsts).not.toEqual(sorted(firsts));
    expect(bucketedBatches(lengths, options)).toEqual(batches);
    expect(bucketedBatches(lengths, { ...options, epoch: 2 })).not.toEqual(batches);
  });
});

describe("balanced batches", () => {
  const labels = range(1_000).map((i) => (i % 10 === 0 ? 1 : i % 100 === 1 ? 2 : 0)); // 890, 100 and 10
  const shares = (drawn: readonly number[]): number[] =>
    [0, 1, 2].map((k) => drawn.filter((i) => labels[i] === k).length / drawn.length);

  test("draw classes equally often, or as their weights say", () => {
    const equal = shares(flat(balancedBatches(labels, { size: 32, seed: 3, epoch: 1, count: 6_000 })));
    for (const share of equal) expect(share).toBeCloseTo(1 / 3, 1);
    const options = { size: 32, seed: 3, epoch: 1, count: 6_000, weights: [1, 0, 3] };
    const weighted = shares(flat(balancedBatches(labels, options)));
    expect(weighted[0]).toBeCloseTo(0.25, 1);
    expect(weighted[1]).toBe(0);
  });

  test("use every example of a class before one comes again", () => {
    const drawn = flat(balancedBatches(labels, { size: 8, seed: 1, epoch: 1, count: 40, weights: [0, 0, 1] }));
    for (let from = 0; from < 40; from += 10) expect(new Set(drawn.slice(from, from + 10)).size).toBe(10);
  });

  test("are the same for the same seed and epoch, and as many as asked for", () => {
    const batchesOf = (epoch: number): number[][] =>
      [...balancedBatches(labels, { size: 300, seed: 3, epoch })].map((batch) => [...batch]);
    expect(batchesOf(1)).toEqual(batchesOf(1));
    expect(batchesOf(1)).not.toEqual(batchesOf(2));
    expect(batchesOf(1).map(({ length }) => length)).toEqual([300, 300, 300, 100]);
  });

  test("refuse a weight for a class without examples", () => {
    const batches = (weights: readonly number[]) => [
      ...balancedBatches([0, 0, 2], { size: 2, seed: 1, epoch: 1, weights }),
    ];
    expect(() => batches([1, 1, 1])).toThrow("has examples");
    expect(() => batches([0, 0, 0])).toThrow("has examples");
    expect(batches([1, 0, 1])).toHaveLength(2);
  });

  test("have weights for a loss as their counterpart", () => {
    expect(balancedWeights([0, 0, 0, 1], 3)).toEqual([4 / 9, 4 / 3, 0]);
  });
});

describe("sequences", () => {
  test("are padded at their end, cut, and made a multiple long", () => {
    const sequences = [[1, 2, 3], [], [4, 5, 6, 7, 8]];
    expect(padSequences(sequences, { padding: -1 })).toEqual({
      values: Int32Array.of(1, 2, 3, -1, -1, -1, -1, -1, -1, -1, 4, 5, 6, 7, 8),
      lengths: Int32Array.of(3, 1, 5),
      length: 5,
    });
    expect(padSequences(sequences, { lengthMax: 2 })).toMatchObject({ length: 2, lengths: Int32Array.of(2, 1, 2) });
    expect(padSequences(sequences, { multiple: 4 }).length).toBe(8);
  });

  test("arrive as a stream and leave as batches", async () => {
    const seen: number[] = [];
    const stream = async function* (): AsyncGenerator<number> {
      for (const i of range(5)) {
        seen.push(i);
        yield await Promise.resolve(i);
      }
    };
    const read: number[] = []; // examples, when a batch is there
    const sizes: number[] = [];
    for await (const { size } of streamedBatches(stream(), 2, (some) => ({ size: some.length }))) {
      sizes.push(size);
      read.push(seen.length);
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(read).toEqual([2, 4, 5]);
  });
});
