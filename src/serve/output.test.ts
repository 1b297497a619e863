import { expect, it } from "vitest";
import { type PredictionOutput, certaintyOf, labelOf, outputOf, probabilityOf } from "./output.ts";

const sure = { label: "spam", probability: 0.75, probabilities: { ham: 0.25, spam: 0.75 } };

const table: [story: string, output: PredictionOutput, label: string, probability: number, certainty: number][] = [
  ["an answer", sure, "spam", 0.75, 0.75],
  ["an answer of a model that may refuse", { ...sure, refused: false }, "spam", 0.75, 0.75],
  ["a refused answer keeps its best guess and is not sure at all", { ...sure, refused: true }, "spam", 0.75, 0],
  ["a number is neither sure nor unsure", { value: 3.5 }, "3.5", 0.5, 0.5],
];
it.each(table)("%s", (_story, output, label, probability, certainty) => {
  expect([labelOf(output), probabilityOf(output), certaintyOf(output)]).toEqual([label, probability, certainty]);
});

it("only models that may refuse say whether they do", () => {
  const answer = { label: "spam", probability: 0.75, probabilities: [0.25, 0.75] };
  expect(outputOf(["ham", "spam"], answer)).toEqual(sure);
  expect(outputOf(["ham", "spam"], { ...answer, refused: true })).toEqual({ ...sure, refused: true });
});
