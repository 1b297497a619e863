import { Refusal } from "../../../kernel/errors.ts";
import { ctcLoss } from "../../graph/losses.ts";
import type { Batch } from "../batch.ts";
import { checkSampleWeights, type Objective, outputOf, sampleWeights, weightedMean } from "../objective.ts";

export interface TranscriptionOptions {
  /** The blank among them, which is class 0. */
  readonly classes: number;
  /** The model's output [batch, length, classes] before softmax. Default `logits`. */
  readonly logits?: string;
}

/**
 * A sequence to a shorter row of labels, without knowing which label belongs where, as in speech and handwriting: CTC.
 * Inputs `labels` int32 [batch, most labels] from 1, padded with -1; `frames` int32 [batch], how much of each sequence
 * counts; and `sampleWeights` float32 [batch], 1 where absent. The loss is -ln p of a row of labels.
 */
export function transcription({ classes, logits: output = "logits" }: TranscriptionOptions): Objective {
  return {
    name: `transcription(${classes})`,
    measure(outputs, scope) {
      const labels = scope.input("labels", ["batch", "labels"], { type: "int32" });
      const frames = scope.input("frames", ["batch"], { type: "int32" });
      const weights = sampleWeights(scope);
      const losses = ctcLoss(outputOf(outputs, output), labels, frames);
      return { loss: weightedMean(losses, weights), weight: weights.sum(), metrics: {} };
    },
    check(batch) {
      checkSampleWeights(batch);
      checkAlignments(batch, classes);
    },
  };
}

/** Every label needs a frame, and two equal ones in a row a blank between them. */
function checkAlignments({ values, size }: Batch, classes: number): void {
  const [labels, frames] = [values?.["labels"], values?.["frames"]];
  if (!labels || frames?.length !== size) return; // refused when they are fed
  const width = labels.length / size;
  for (let row = 0; row < size; row++) {
    const all = Array.from(labels.subarray(row * width, (row + 1) * width));
    const end = all.findIndex((label) => label < 0);
    const said = end < 0 ? all : all.slice(0, end);
    const wrong = said.find((label) => label < 1 || label >= classes);
    if (wrong !== undefined || said.length === 0 || all.slice(said.length).some((label) => label >= 0)) {
      const what = `labels from 1 to ${classes - 1}, then -1`;
      throw new Refusal("invalid_data", `Example ${row} has the labels ${all.join(" ")}; CTC takes ${what}.`);
    }
    const needed = said.length + said.filter((label, i) => label === said[i - 1]).length;
    if (needed > (frames[row] ?? 0)) {
      throw new Refusal("invalid_data", `Example ${row} has ${frames[row]} frames for labels that need ${needed}.`);
    }
  }
}
