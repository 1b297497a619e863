import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../kernel/random.ts";
import { type Sampling, choices, draw, logProbabilities, stopFilter } from "./sampling.ts";

const all: Sampling = { temperature: 1, topK: 0, topP: 1 };
const logits = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log); // as probabilities: 10, 40, 20 and 30 %

const rounded = (sampling: Partial<Sampling>, banned?: number[]): [number, number][] =>
  choices(logits, { ...all, ...sampling }, banned).map(({ id, probability }) => [id, Number(probability.toFixed(4))]);

describe("choices", () => {
  const rows: readonly [story: string, given: Partial<Sampling>, banned: number[], expected: [number, number][]][] = [
    ["as the model says", {}, [], [[1, 0.4], [3, 0.3], [2, 0.2], [0, 0.1]]],
    ["the two likeliest", { topK: 2 }, [], [[1, 0.5714], [3, 0.4286]]],
    ["more than there are", { topK: 9 }, [], [[1, 0.4], [3, 0.3], [2, 0.2], [0, 0.1]]],
    ["half of the mass: two tokens reach it", { topP: 0.5 }, [], [[1, 0.5714], [3, 0.4286]]],
    ["hardly any mass: one token all the same", { topP: 0.01 }, [], [[1, 1]]],
    ["no temperature: the likeliest", { temperature: 0 }, [], [[1, 1]]],
    ["temperature 0.5 squares", { temperature: 0.5 }, [], [[1, 0.5333], [3, 0.3], [2, 0.1333], [0, 0.0333]]],
    ["the nucleus is of what the temperature left", { temperature: 0.5, topP: 0.5 }, [], [[1, 1]]],
    ["what is banned never comes", { temperature: 0 }, [1], [[3, 1]]],
  ]; // prettier-ignore
  it.each(rows)("%s", (_, given, banned, expected) => expect(rounded(given, banned)).toEqual(expected));

  it("sum to 1 and are in order, whatever the logits", () => {
    const sampling = fc.record({
      temperature: fc.double({ min: 0, max: 3, noNaN: true }),
      topK: fc.nat(5),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const some = fc.float32Array({ minLength: 1, maxLength: 12, min: -80, max: 80, noNaN: true });
    fc.assert(
      fc.property(some, sampling, (given, how) => {
        const left = choices(given, how);
        expect(left.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
        expect(left.every(({ probability }, i) => i === 0 || probability <= (left[i - 1]?.probability ?? 0))).toBe(
          true,
        );
        expect(draw(left, 0).id).toBe(left[0]?.id);
        expect(draw(left, 1 - 2 ** -33).id).toBe(left.at(-1)?.id);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

it("draws as often as is probable, and the same by the same seed", () => {
  const random = seededRandom("sampling");
  const counts = [0, 0, 0, 0];
  const left = choices(logits, all);
  for (let i = 0; i < 10_000; i++) counts[draw(left, random.next()).id]! += 1;
  expect(counts.map((n) => Math.round(n / 250) / 40)).toEqual([0.1, 0.4, 0.2, 0.3]);
  const again = seededRandom("sampling");
  const ids = Array.from({ length: 20 }, () => draw(left, again.next()).id);
  const third = seededRandom("sampling");
  expect(Array.from({ length: 20 }, () => draw(left, third.next()).id)).toEqual(ids);
});

it("logarithms of probabilities do not overflow", () => {
  const [a = 0, b = 0] = logProbabilities(Float32Array.of(1000, 1000));
  expect([a, b].map((x) => x.toFixed(4))).toEqual(["-0.6931", "-0.6931"]);
  expect([...logProbabilities(logits)].map((x) => Number(Math.exp(x).toFixed(4)))).toEqual([0.1, 0.4, 0.2, 0.3]);
});

describe("stops", () => {
  const rows: readonly [story: string, stops: string[], pieces: string[], given: string[], rest: string][] = [
    ["in the middle of a token", ["."], ["It ", "ends. Not", " this"], ["It ", "ends"], ""],
    ["straddling two tokens", ["\n\n"], ["a\n", "\nb"], ["a", ""], ""],
    ["what only began like one comes later", ["\n\n"], ["a\n", "b"], ["a", "\nb"], ""],
    ["what began like one at the end is given then", ["END"], ["the EN"], ["the "], "EN"],
    ["the first of two", ["b", "a"], ["xab"], ["x"], ""],
    ["none", [], ["a", "b"], ["a", "b"], ""],
  ];
  it.each(rows)("%s", (_, stops, pieces, given, rest) => {
    const filter = stopFilter(stops);
    const out: string[] = [];
    for (const piece of pieces) {
      const { text, stopped } = filter.push(piece);
      out.push(text);
      if (stopped) break;
    }
    expect([out, filter.end()]).toEqual([given, rest]);
  });
});
