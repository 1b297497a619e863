import { describe, expect, it } from "vitest";
import type { Evaluation } from "./evaluation.ts";
import { measure } from "./metrics.ts";
import { renderConfusion, renderEvaluation } from "./render-evaluation.ts";
import { renderCurves, renderRecipe, renderRecipes, renderRuns } from "./render-run.ts";
import { getRecipe } from "./recipes.ts";
import { parseRecipe } from "./recipe.ts";
import { slicesOf } from "./slices.ts";
import { fitLeft, fitRight, sparkline, widthOf } from "./text.ts";

const fits = (text: string): void => {
  for (const line of text.split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(80);
};

function evaluationOf(labels: readonly string[], examples: number): Evaluation {
  const truth = Int32Array.from({ length: examples }, (_, i) => i % labels.length);
  const answers = truth.map((label, i) => (i % 5 === 0 ? (label + 1) % labels.length : label));
  const probabilities = new Float32Array(examples * labels.length).fill(0.1 / labels.length);
  for (const [i, answer] of answers.entries()) probabilities[i * labels.length + answer] = 0.9;
  const metrics = measure({ labels, truth, probabilities }, { seed: 1, resamples: 50 });
  const { accuracy, macroF1, crossEntropy } = metrics;
  return {
    id: "evl_1",
    model: "mdl_1",
    datasetVersion: "dsv_1",
    split: "test",
    metrics,
    baselines: [{ name: "naive Bayes", accuracy, macroF1, crossEntropy }],
    slices: slicesOf(
      { labels, truth, probabilities },
      Array.from(truth, (_, i) => "x ".repeat(i % 5 === 0 ? 450 : i / 2)),
      "text-classification",
    ),
    predictions: "",
    createdAtMs: 0,
  };
}

describe("in 80 columns stands", () => {
  const table: [story: string, labels: string[]][] = [
    ["two labels", ["ham", "spam"]],
    ["Chinese labels", ["好评", "差评", "中评"]],
    [
      "eight labels with long names",
      Array.from({ length: 8 }, (_, i) => `a very long label that says a lot, number ${i}`),
    ],
    ["77 labels", Array.from({ length: 77 }, (_, i) => `intent_with_a_name_${i}`)],
  ];
  it.each(table)("an evaluation with %s", (_story, labels) => {
    const text = renderEvaluation(evaluationOf(labels, 400));
    fits(text);
    expect(text).toContain("this model");
    expect(text).toContain("naive Bayes");
    expect(text).toContain("over");
  });
  it("curves of three hundred epochs", () => {
    const curves = Array.from({ length: 300 }, (_, i) => ({
      epoch: i + 1,
      train: { loss: 1 / (i + 1), accuracy: 1 - 1 / (i + 2) },
      validation: { loss: 2 / (i + 1), accuracy: 0.9 },
    }));
    fits(renderCurves(curves));
    expect(renderCurves([])).toBe("No epoch has ended yet.\n");
    expect(renderCurves(curves.map((point) => ({ ...point, validation: null })))).not.toContain("validation");
  });
  it("the list of recipes, and of no runs", () => {
    fits(renderRecipes());
    expect(renderRuns([])).toBe("No runs yet.\n");
  });
});

describe("a confusion matrix", () => {
  it("has true labels in rows and answers in columns", () => {
    const text = renderConfusion(["ham", "spam"], [[90, 10], [3, 97]]); // prettier-ignore
    expect(text).toBe(
      ["  true \\ said    ham   spam", "  ham             90     10", "  spam             3     97", ""].join("\n"),
    );
  });
  it("of many labels becomes a list of the most frequent mistakes", () => {
    const labels = Array.from({ length: 9 }, (_, i) => `l${i}`);
    const matrix = labels.map((_, i) => labels.map((__, k) => (i === k ? 50 : i === 2 && k === 5 ? 7 : 0)));
    expect(renderConfusion(labels, matrix)).toMatch(/7 × l2 +said l5/);
    expect(renderConfusion(labels, matrix.map((row, i) => row.map((count, k) => (i === k ? count : 0))))).toContain("No mistakes"); // prettier-ignore
  });
});

it("a printed recipe can be given back", () => {
  const { recipe } = getRecipe("text-classification");
  expect(parseRecipe(JSON.parse(renderRecipe(recipe)))).toEqual(recipe);
});

describe("columns", () => {
  it("count Chinese characters and emoji as two", () => {
    expect(["ab", "好评", "é", "👍"].map(widthOf)).toEqual([2, 4, 1, 2]);
    expect(fitLeft("好评很多", 5)).toBe("好评…");
    expect(fitRight("好", 4)).toBe("  好");
  });
  it("of a plot go from the lowest to the highest", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([3, 3])).toBe("▁▁");
  });
});
