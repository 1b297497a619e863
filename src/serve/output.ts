import type { Answer } from "../models/index.ts";

/** One of a classifier's labels. */
export interface ClassOutput {
  readonly label: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

/** A number, of a regression. */
export interface ValueOutput {
  readonly value: number;
}

/** What a prediction says, as it is recorded and answered. */
export type PredictionOutput = ClassOutput | ValueOutput;

export function outputOf(labels: readonly string[], answer: Answer): PredictionOutput {
  if ("value" in answer) return { value: answer.value };
  const { label, probability, probabilities } = answer;
  return {
    label,
    probability,
    probabilities: Object.fromEntries(labels.map((name, i) => [name, probabilities[i] ?? 0])),
  };
}

/** The answer as an example's label would be written: what a customer confirms or corrects. */
export function labelOf(output: PredictionOutput): string {
  return "value" in output ? String(output.value) : output.label;
}

/** How sure the model was, 0 to 1; a number without a probability is neither sure nor unsure. */
export function certaintyOf(output: PredictionOutput): number {
  return "value" in output ? 0.5 : output.probability;
}
