import { describe, expect, it } from "vitest";
import { openPredictor } from "./predictor.ts";
import { classAnswers } from "./testing/class-answers.ts";
import { smallModel } from "./testing/small-model.ts";

const texts = ["", "good", "short text", "好吃", "a much longer text ".repeat(40), "👍", "x".repeat(5_000)];

describe("a predictor", () => {
  it("answers many texts as it answers each alone, in their order", async () => {
    const predictor = await openPredictor(smallModel(1, 0), { threads: 1 });
    const together = classAnswers(await predictor.predict(texts));
    for (const [i, text] of texts.entries()) {
      const [alone] = classAnswers(await predictor.predict([text]));
      expect(together[i]?.label).toBe(alone?.label);
      for (const [k, p] of (alone?.probabilities ?? []).entries()) {
        expect(together[i]?.probabilities[k]).toBeCloseTo(p, 6);
      }
    }
    await predictor.close();
  });

  it("gives the most probable label and probabilities that sum to 1", async () => {
    const predictor = await openPredictor(smallModel(2, 0), { threads: 1 });
    for (const { label, probability, probabilities } of classAnswers(await predictor.predict(texts))) {
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      expect(probability).toBe(Math.max(...probabilities));
      expect(predictor.labels.indexOf(label)).toBe(probabilities.indexOf(probability));
    }
    expect(await predictor.predict([])).toEqual([]);
    await predictor.close();
  });

  it("answers calls that overlap", async () => {
    const predictor = await openPredictor(smallModel(1, 0), { threads: 1 });
    const [expected] = await predictor.predict(["good"]);
    const answers = await Promise.all(Array.from({ length: 50 }, () => predictor.predict(["good"])));
    for (const [answer] of answers) expect(answer).toEqual(expected);
    await predictor.close();
  });

  it("refuses a file that is no model", async () => {
    const broken = { ...smallModel(1, 0), onnx: new Uint8Array([1, 2, 3]) };
    await expect(openPredictor(broken, { threads: 1 })).rejects.toMatchObject({ code: "invalid_data" });
  });

  it("refuses to answer when labels and model do not fit", async () => {
    const predictor = await openPredictor({ ...smallModel(1, 0), labels: ["a", "b"] }, { threads: 1 });
    await expect(predictor.predict(["x"])).rejects.toThrow("answers with 3 numbers, but 2 are expected");
    await predictor.close();
  });
});
