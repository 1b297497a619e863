import { inChild } from "../tensor/index.ts";
import type { TrainingProgress } from "./run.ts";
import { type WorkInput, type WorkOutput, evaluateWork, trainWork } from "./work.ts";

/** The child process in which training and evaluation happen: `session.run` blocks its thread. */
inChild<WorkInput, WorkOutput, TrainingProgress>(async ({ input, progress }) =>
  input.kind === "train" ? trainWork(input, progress) : evaluateWork(input),
);
