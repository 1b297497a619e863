import type { Clock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Model } from "../model/model.ts";
import type { Weights } from "../model/weights.ts";
import { type Runtime, systemRuntime } from "../runtime/runtime.ts";
import type { Batch, Batches } from "./batch.ts";
import type { CheckpointStore } from "./checkpoint.ts";
import { addReport, type EpochCurve, type Means, meansOf, noSums, type Sums } from "./curves.ts";
import { describeLargest } from "./diagnosis.ts";
import { snapshot } from "./memory.ts";
import type { Objective } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { RunState } from "./run-state.ts";
import type { Schedule } from "./schedules.ts";
import { openStepper, type Report, type Stepper } from "./stepper.ts";
import type { Clipping } from "./updater.ts";

export interface FitOptions extends Clipping {
  readonly model: Model;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** The batches of an epoch, counted from 1. The same epoch must give the same batches each time it is asked for. */
  readonly train: (epoch: number) => Batches;
  readonly validation?: () => Batches;
  readonly epochs: number;
  /** How many batches make one step, as if they were one: for batches larger than memory takes. Default 1. */
  readonly accumulate?: number;
  /** Tells progress its total from the first step on; without it, the first epoch tells. */
  readonly stepsPerEpoch?: number;
  readonly seed: number | string;
  /** Default 1. Another number of threads may round sums differently. */
  readonly threads?: number;
  /** Weights to begin with in place of fresh ones. */
  readonly from?: Weights;
  /**
   * The validation metric by which an epoch's weights are the best; of equal ones the later epoch's. Default: the lowest
   * loss, of equal ones the earlier.
   */
  readonly best?: { readonly metric: string; readonly goal: "lowest" | "highest" };
  /** Ends the run after `patience` epochs that were not better by more than `minDelta` (default 0) than the best. */
  readonly earlyStopping?: { readonly patience: number; readonly minDelta?: number };
  /** Saved every `everySteps` or `everyMs` (default: every 10 s). A run that finds a checkpoint continues from it. */
  readonly checkpoint?: { readonly store: CheckpointStore; readonly everySteps?: number; readonly everyMs?: number };
  /** A loss above this counts as divergence. Default 1e6. */
  readonly lossMax?: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
  readonly runtime?: Runtime;
}

export interface FitProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, over all epochs. */
  readonly step: number;
  /** Steps of the whole run, unless early stopping ends it; absent until known. */
  readonly steps?: number;
  /** Of this step's batch. */
  readonly loss: number;
  readonly etaMs?: number;
  /** Of the epochs that have ended. */
  readonly curves: readonly EpochCurve[];
}

export interface FitResult {
  readonly curves: readonly EpochCurve[];
  /** The best epoch's by validation; without validation, the last epoch's. */
  readonly weights: Weights;
  readonly bestEpoch: number;
  readonly steps: number;
  readonly stopped: "finished" | "early";
}

/**
 * Trains a model. Deterministic: the same options, data and thread count give the same curves and weights, whether or
 * not the run was interrupted and resumed. Refuses with `cancelled` on abort, `invalid_data` when the loss stops being
 * a number or exceeds `lossMax` or a gradient is not finite (naming epoch, step and layer), and when batches do not fit
 * the model.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const runtime = options.runtime ?? systemRuntime();
  try {
    const stepper = await openStepper({ ...options, runtime, session: { threads: options.threads ?? 1 } });
    return await run(options, stepper);
  } finally {
    if (!options.runtime) await runtime.close();
  }
}

async function run(options: FitOptions, stepper: Stepper): Promise<FitResult> {
  const { schedule, epochs, earlyStopping, clock } = options;
  const state = await RunState.open(options, stepper.memory);
  const progress = progressReporter(options, state);

  while (state.epoch <= epochs && !state.stoppedEarly) {
    let count = 0;
    for await (const batches of grouped(options.train(state.epoch), options.accumulate ?? 1)) {
      count += batches.length;
      if (count <= state.batches) continue; // done before the checkpoint
      refuseIfAborted(options.signal, state.step);
      const step = state.step + 1;
      const report = await stepper.train(batches, step, schedule.rate(step, state.curves));
      refuseIfDiverged(options, report, state.epoch, step, () => describeLargest(stepper.memory));
      state.add(report, batches.length);
      progress(state.epoch, step, report.loss);
      await state.saveIfDue(clock);
    }
    if (count === 0) throw new Refusal("invalid_data", `Epoch ${state.epoch} has no batches.`);
    const validation = options.validation && (await measure(options, stepper, state));
    state.finishEpoch(schedule.rate(state.step, state.curves), validation, earlyStopping, () =>
      snapshot(stepper.memory),
    );
    await state.saveIfDue(clock);
  }
  return {
    curves: state.curves,
    weights: state.best?.weights ?? snapshot(stepper.memory),
    bestEpoch: state.best?.epoch ?? state.curves.length,
    steps: state.step,
    stopped: state.stoppedEarly ? "early" : "finished",
  };
}

/** The batches of each step; the last ones of an epoch may be fewer. */
async function* grouped(batches: Batches, size: number): AsyncGenerator<Batch[]> {
  let group: Batch[] = [];
  for await (const batch of batches) {
    group.push(batch);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Loss and metrics over the validation batches, with the current weights and without dropout. */
async function measure(options: FitOptions, stepper: Stepper, { epoch, step }: RunState): Promise<Means> {
  let sums: Sums = noSums;
  const [name, largest] = ["validation loss", () => describeLargest(stepper.memory)] as const;
  for await (const batch of options.validation?.() ?? []) {
    refuseIfAborted(options.signal);
    const report = await stepper.evaluate(batch);
    refuseIfDiverged({ ...options, lossMax: Number.POSITIVE_INFINITY }, report, epoch, step, largest, name);
    sums = addReport(sums, report);
  }
  if (sums.weight === 0) throw new Refusal("invalid_data", "The validation set is empty or all its weights are zero.");
  const means = meansOf(sums, options.objective);
  refuseIfDiverged(options, means, epoch, step, largest, name);
  return means;
}

function refuseIfAborted(signal: AbortSignal | undefined, step?: number): void {
  if (signal?.aborted)
    throw new Refusal("cancelled", `Training was cancelled${step === undefined ? "" : ` after step ${step}`}.`);
}

/** Names the step and where it went wrong. */
function refuseIfDiverged(
  { lossMax = 1e6 }: FitOptions,
  { loss, broken }: Pick<Report, "loss" | "broken">,
  epoch: number,
  step: number,
  largest: () => string,
  name = "loss",
): void {
  if (broken === undefined && loss <= lossMax) return;
  const what =
    Number.isFinite(loss) && broken !== undefined ? "a gradient is not finite" : `the ${name} became ${loss}`;
  const where = broken ?? largest();
  throw new Refusal("invalid_data", `Training diverged: ${what} at step ${step} (epoch ${epoch}). ${where}`, {
    hint: "Lower the learning rate, clip gradients, or look for extreme values in the data.",
  });
}

function progressReporter(options: FitOptions, state: RunState) {
  const { onProgress, clock, epochs } = options;
  const started = clock.elapsed();
  const stepsBefore = state.step;
  return (epoch: number, step: number, loss: number): void => {
    if (!onProgress) return;
    const curves = [...state.curves];
    const perEpoch = options.stepsPerEpoch ?? state.stepsPerEpoch;
    const steps = perEpoch === undefined ? undefined : Math.max(step, Math.round(perEpoch * epochs));
    if (steps === undefined) return onProgress({ epoch, epochs, step, loss, curves });
    const etaMs = ((clock.elapsed() - started) / (step - stepsBefore)) * (steps - step);
    return onProgress({ epoch, epochs, step, steps, loss, etaMs, curves });
  };
}
