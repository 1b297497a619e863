import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { DropoutMasks } from "./dropout-mask.ts";

const declared = [
  { name: "drop", shape: ["batch", 3], rate: 0.3 },
  { name: "other", shape: ["batch"], rate: 0.9 },
];
const masks = new DropoutMasks(declared, 7);
const mask = (step: number, batch = 7_000, name = "drop", of = masks): Float32Array =>
  (of.draw({ batch }, step)[name]!.data as Float32Array).slice();
const share = (data: Float32Array): number => data.filter((x) => x === 0).length / data.length;

/** The hash in plain arithmetic. */
function expected(length: number, key: number, rate: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ key;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return (x ^ (x >>> 16)) >>> 0 < rate * 2 ** 32 ? 0 : 1 / (1 - rate);
  });
}

describe("dropout masks", () => {
  test("drop their share, and scale the rest so that the mean stays", () => {
    expect(share(mask(1))).toBeCloseTo(0.3, 1);
    expect(share(mask(1, 7_000, "other"))).toBeCloseTo(0.9, 1);
    expect(mask(1).reduce((sum, x) => sum + x, 0) / 21_000).toBeCloseTo(1, 1);
    expect(new Set(mask(1))).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  });

  test.each([1, 5, 16, 1_001])("of %i rows are the hash of seed, name, step and place", (batch) => {
    const key = (name: string): number => Math.floor(seededRandom(`7/mask/${name}/9`).next() * 2 ** 32);
    expect(mask(9, batch)).toEqual(expected(3 * batch, key("drop"), 0.3));
    expect(mask(9, batch, "other")).toEqual(expected(batch, key("other"), 0.9));
  });

  test("are the same for the same step, whatever was drawn before, and independent between steps and names", () => {
    const fresh = mask(5, 7_000, "drop", new DropoutMasks(declared, 7));
    mask(6, 20_000); // a larger batch moves to another memory
    expect(mask(5)).toEqual(fresh);
    const both = (next: Float32Array): number => fresh.filter((x, i) => x === 0 && next[i] === 0).length / 21_000;
    expect(both(mask(6))).toBeCloseTo(0.09, 1);
    expect(both(mask(5, 21_000, "other"))).toBeCloseTo(0.27, 1);
  });

  test("a model without dropout needs none", () => expect(new DropoutMasks([], 7).draw({ batch: 3 }, 1)).toEqual({}));
});
