import { describe, expect, it } from "vitest";
import { assess, fitBaselines } from "./assess.ts";
import { trainNaiveBayes, wordsOf } from "./naive-bayes.ts";

describe("words of the baseline", () => {
  const table: [text: string, words: string[]][] = [
    ["It's FREE: 100%", ["it", "s", "free", "100"]],
    ["我爱你", ["我", "爱", "你", "我爱", "爱你"]],
    ["iPhone很好", ["iphone", "很", "好", "很好"]],
    ["", []],
  ];
  it.each(table)("%s", (text, words) => expect([...wordsOf(text)]).toEqual(words));
});

describe("naive Bayes", () => {
  it("is what Bayes' rule gives by hand", () => {
    const model = trainNaiveBayes(["cheap pills", "cheap", "hello friend"], Int32Array.of(0, 0, 1), 2, 1_000);
    const out = new Float32Array(2);
    model.score("cheap hello unknown", out, 0);
    // priors 3/5 and 2/5; vocabulary 4; class 0 has 3 words, class 1 has 2
    const [a, b] = [(3 / 5) * (3 / 7) * (1 / 7), (2 / 5) * (1 / 6) * (2 / 6)];
    expect(out[0]).toBeCloseTo(a / (a + b), 6);
    expect(out[1]).toBeCloseTo(b / (a + b), 6);
  });
  it("counts words again and again, and survives very long texts", () => {
    const model = trainNaiveBayes(["a a a b", "b b b a"], Int32Array.of(0, 1), 2, 1_000_000);
    const out = new Float32Array(2);
    model.score("a ".repeat(100_000), out, 0);
    expect(out[0]).toBeCloseTo(1, 6);
  });
});

describe("the baselines on a split", () => {
  const train = { inputs: ["red", "red", "blue"], labels: Int32Array.of(0, 0, 1) };
  const evaluated = { inputs: ["red", "blue", "blue", "green"], labels: Int32Array.of(0, 1, 1, 0) };
  const [majority, bayes] = fitBaselines("text-classification", ["r", "b"], train)(evaluated);
  it("majority says the most frequent training label", () => expect(majority?.accuracy.value).toBe(0.5));
  it("naive Bayes reads", () => expect(bayes?.accuracy.value).toBe(1));
  it("an assessment is plain JSON", () => {
    const scored = {
      labels: ["r", "b"],
      keys: ["1", "2", "3", "4"],
      truth: evaluated.labels,
      probabilities: new Float32Array(8).fill(0.5),
    };
    const assessment = assess(
      scored,
      evaluated.inputs,
      [majority, bayes].filter((one) => one !== undefined),
      { task: "text-classification", decision: { threshold: 0.6, risk: 0.1 }, temperature: 2 },
    );
    expect(assessment.metrics).toMatchObject({
      calibrationErrorBefore: 0,
      reliability: [{ from: 0.5, to: 0.6, examples: 4, confidence: 0.5, accuracy: { value: 0.5 } }],
      refusal: { coverage: { value: 0 }, error: { high: 1 } },
    });
    expect(JSON.parse(JSON.stringify(assessment))).toEqual(assessment);
  });
});
