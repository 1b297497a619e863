import { describe, expect, it } from "vitest";
import { seededRandom } from "../kernel/random.ts";
import { chooseThreshold, measureRefusal } from "./refusing.ts";

/** n answers with these probabilities, right as often as they say; of a made-up classifier of two labels. */
function calibrated(n: number, seed: number) {
  const random = seededRandom(seed);
  const probabilities = new Float32Array(2 * n);
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const p = 0.5 + 0.5 * random.next() ** 0.05;
    probabilities.set([p, 1 - p], 2 * i);
    return random.next() < p ? 0 : 1;
  });
  return { labels: ["a", "b"], truth, probabilities };
}

describe("refusing", () => {
  it("keeps the risk that was asked for on examples it did not see, in at least 95 of 100 draws", () => {
    let broken = 0;
    for (let seed = 0; seed < 100; seed++) {
      const decision = chooseThreshold(calibrated(3_000, seed), 0.03);
      const { error, coverage } = measureRefusal(calibrated(20_000, seed + 1_000), decision);
      if (error.value > 0.03) broken++;
      expect(coverage.value).toBeGreaterThan(0.1);
    }
    expect(broken).toBeLessThanOrEqual(5);
  });

  it("answers everything where nothing is wrong, and more for a higher risk", () => {
    const scored = { labels: ["a", "b"], truth: new Int32Array(400), probabilities: new Float32Array(800) };
    for (let i = 0; i < 400; i++) scored.probabilities.set([0.6 + i / 1_000, 0.4 - i / 1_000], 2 * i);
    expect(measureRefusal(scored, chooseThreshold(scored, 0.02)).coverage.value).toBe(1);
    const example = calibrated(5_000, 1);
    const threshold = (risk: number): number => chooseThreshold(example, risk).threshold;
    expect(threshold(0.02)).toBeGreaterThan(threshold(0.025));
    expect(threshold(0.025)).toBeGreaterThan(threshold(0.1));
  });

  it("does not tell equal probabilities apart", () => {
    const n = 300;
    const probabilities = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 0.75 : 0.25));
    const truth = Int32Array.from({ length: n }, (_, i) => (i < 3 ? 1 : 0));
    const decision = chooseThreshold({ labels: ["a", "b"], truth, probabilities }, 0.1);
    expect(decision.threshold).toBe(0.75);
    expect(measureRefusal({ labels: ["a", "b"], truth, probabilities }, decision)).toMatchObject({
      coverage: { value: 1 },
      error: { value: 0.01 },
    });
  });

  it("says how many examples a risk takes, and when no answer is sure enough", () => {
    expect(() => chooseThreshold(calibrated(40, 1), 0.01)).toThrow(
      "A risk of 1 % cannot be shown on 40 validation examples: it takes at least 597, all answered rightly.",
    );
    const wrong = { ...calibrated(1_000, 1), truth: new Int32Array(1_000).fill(1) };
    expect(() => chooseThreshold(wrong, 0.05)).toThrow(/even its surest answers are wrong too often/);
  });
});
