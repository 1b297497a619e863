import { describe, expect, it } from "vitest";
import { areaUnderCurve } from "./area-under-curve.ts";
import { fitLogistic } from "./logistic.ts";
import { fitNearestMean } from "./nearest-mean.ts";
import { dataUrlOf } from "../kernel/picture.ts";
import { seededRandom } from "../kernel/random.ts";

const scored = (truth: readonly number[], second: readonly number[], labels = ["a", "b"]) => ({
  labels,
  truth: Int32Array.from(truth),
  probabilities: Float32Array.from(second.flatMap((p) => [1 - p, p])),
});

describe("area under the curve", () => {
  it.each([
    ["all in order", [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 1],
    ["all against it", [1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], 0],
    ["all the same", [0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], 0.5],
    ["three pairs of four", [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], 0.75],
    ["a tie counts half", [0, 1, 1], [0.3, 0.3, 0.9], 0.75],
  ])("%s", (_story, truth, second, value) => {
    expect(areaUnderCurve(scored(truth, second), { seed: 1, resamples: 50 })?.value).toBeCloseTo(value, 10);
  });

  it("is of two classes that both occur", () => {
    expect(areaUnderCurve(scored([0, 0], [0.1, 0.2]), { seed: 1 })).toBeUndefined();
    expect(areaUnderCurve(scored([0, 1], [0.1, 0.2], ["a", "b", "c"]), { seed: 1 })).toBeUndefined();
  });

  it("its interval holds the value", () => {
    const random = seededRandom(1);
    const truth = Array.from({ length: 200 }, (_, i) => i % 2);
    const area = areaUnderCurve(
      scored(
        truth,
        truth.map((t) => 0.3 * t + 0.7 * random.next()),
      ),
      { seed: 1 },
    );
    expect(area!.low).toBeLessThan(area!.value);
    expect(area!.high).toBeGreaterThan(area!.value);
  });
});

describe("baselines of other kinds", () => {
  it("logistic regression finds the line, and reads rows it never saw", () => {
    const random = seededRandom(2);
    const rows = Array.from({ length: 300 }, () => ({ x: random.next(), city: ["Ulm", "Bonn"][random.below(2)]! }));
    const labels = Int32Array.from(rows, ({ x, city }) => (x + (city === "Ulm" ? 0.3 : 0) > 0.65 ? 1 : 0));
    const score = fitLogistic(
      rows.map((row) => JSON.stringify(row)),
      labels,
      2,
    );
    const p = score(['{"x":0.95,"city":"Ulm"}', '{"x":0.05,"city":"Bonn"}', '{"x":null,"city":"Oslo"}']);
    expect([p[1]! > 0.9, p[3]! < 0.1, p.length]).toEqual([true, true, 6]);
  });

  it("the nearest mean image tells black from white", () => {
    const image = (value: number): string =>
      dataUrlOf({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(value) });
    const score = fitNearestMean([0, 20, 230, 255].map(image), Int32Array.of(0, 0, 1, 1), 2);
    expect([...score([image(40), image(200)])].map((p) => p > 0.5)).toEqual([true, false, false, true]);
  });
});
