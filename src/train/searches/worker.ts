import { inChild } from "../../tensor/index.ts";
import type { TrainingProgress } from "../run.ts";
import { type TrialInput, type TrialOutput, performTrial } from "./trial-work.ts";

/** The child process of a search: one trial. */
inChild<TrialInput, TrialOutput, TrainingProgress>(async ({ input, progress }) => performTrial(input, progress));
