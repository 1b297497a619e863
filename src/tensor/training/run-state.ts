import type { Clock } from "../../kernel/clock.ts";
import { Refusal, must } from "../../kernel/errors.ts";
import { canonicalJson } from "../../kernel/hash.ts";
import type { Weights } from "../model/weights.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { addReport, type EpochCurve, type Means, meansOf, noSums, type Sums } from "./curves.ts";
import type { FitOptions } from "./fit.ts";
import { snapshot, stateArrays, type TrainingMemory } from "./memory.ts";
import type { Report } from "./stepper.ts";

interface Best {
  readonly epoch: number;
  /** What is made small: validation loss, or the metric that `FitOptions.best` names, negated if it should be high. */
  readonly score: number;
  readonly weights: Weights;
}

/** The part of a run's state that is not arrays. */
interface Facts {
  /** What the run was asked for: a checkpoint of another run is refused. */
  readonly identity: string;
  readonly epoch: number;
  readonly batches: number;
  readonly step: number;
  /** Of the epochs that have ended. */
  readonly stepsEnded: number;
  readonly sums: Sums;
  readonly curves: readonly EpochCurve[];
  readonly best: { readonly epoch: number; readonly score: number } | null;
  readonly stoppedEarly: boolean;
}

/** Where a run stands: which epoch, how many of its batches, the curves so far and the best weights. */
export class RunState {
  epoch = 1;
  /** Done in this epoch. */
  batches = 0;
  step = 0;
  best: Best | undefined;
  stoppedEarly = false;
  readonly curves: EpochCurve[] = [];
  private stepsEnded = 0;
  private sums: Sums = noSums;
  private readonly options: FitOptions;
  private readonly memory: TrainingMemory;
  private savedStep = 0;
  private savedAt: number;

  private constructor(options: FitOptions, memory: TrainingMemory) {
    this.options = options;
    this.memory = memory;
    this.savedAt = options.clock.elapsed();
  }

  /** A fresh run, or the one that the checkpoint left; then memory holds its arrays. */
  static async open(options: FitOptions, memory: TrainingMemory): Promise<RunState> {
    const state = new RunState(options, memory);
    const bytes = await options.checkpoint?.store.load();
    if (bytes) state.restore(bytes);
    return state;
  }

  /** Of the epochs that have ended; undefined in the first. */
  get stepsPerEpoch(): number | undefined {
    return this.epoch === 1 ? undefined : this.stepsEnded / (this.epoch - 1);
  }

  add(report: Report, batches: number): void {
    this.step++;
    this.batches += batches;
    this.sums = addReport(this.sums, report);
  }

  /** Closes the epoch's curve; keeps the weights when validation is the best so far; decides on early stopping. */
  finishEpoch(
    learningRate: number,
    validation: Means | undefined,
    earlyStopping: FitOptions["earlyStopping"],
    copy: () => Weights,
  ): void {
    const curve = { epoch: this.epoch, learningRate, train: meansOf(this.sums, this.options.objective) };
    this.curves.push(validation ? { ...curve, validation } : curve);
    if (validation) {
      const { patience = Number.POSITIVE_INFINITY, minDelta = 0 } = earlyStopping ?? {};
      const score = scoreOf(validation, this.options.best);
      const limit = (this.best?.score ?? Number.POSITIVE_INFINITY) - minDelta;
      if (score < limit || (this.options.best && score === limit)) {
        this.best = { epoch: this.epoch, score, weights: copy() };
      }
      this.stoppedEarly = this.epoch - (this.best?.epoch ?? 0) >= patience;
    }
    this.epoch++;
    this.stepsEnded = this.step;
    this.batches = 0;
    this.sums = noSums;
  }

  async saveIfDue(clock: Clock): Promise<void> {
    const { checkpoint } = this.options;
    if (!checkpoint) return;
    const { everySteps, everyMs = everySteps === undefined ? 10_000 : Number.POSITIVE_INFINITY } = checkpoint;
    const bySteps = everySteps !== undefined && this.step - this.savedStep >= everySteps;
    if (!bySteps && clock.elapsed() - this.savedAt < everyMs) return;
    await checkpoint.store.save(encodeCheckpoint(this.facts(), [...stateArrays(this.memory), ...this.bestArrays()]));
    this.savedStep = this.step;
    this.savedAt = clock.elapsed();
  }

  private facts(): Facts {
    const { epoch, batches, step, stepsEnded, sums, curves, best, stoppedEarly } = this;
    const bestFacts = best ? { epoch: best.epoch, score: best.score } : null;
    return { identity: this.identity(), epoch, batches, step, stepsEnded, sums, curves, best: bestFacts, stoppedEarly };
  }

  private restore(bytes: Uint8Array): void {
    decodeCheckpoint(bytes, (read) => {
      const facts = read as Facts;
      if (facts.identity !== this.identity()) {
        throw new Refusal(
          "conflict",
          "The checkpoint belongs to another run (other model, optimizer, schedule or seed).",
          {
            hint: "Delete the checkpoint, or give this run a place of its own.",
          },
        );
      }
      this.epoch = facts.epoch;
      this.batches = facts.batches;
      this.step = facts.step;
      this.savedStep = facts.step;
      this.stepsEnded = facts.stepsEnded;
      this.sums = facts.sums;
      this.curves.push(...facts.curves);
      this.stoppedEarly = facts.stoppedEarly;
      if (facts.best) this.best = { ...facts.best, weights: snapshot(this.memory) };
      return [...stateArrays(this.memory), ...this.bestArrays()];
    });
  }

  private bestArrays(): Float32Array[] {
    const frozen = new Set(this.memory.frozen.map(({ declaration }) => declaration.name));
    const trained = [...(this.best?.weights ?? [])].filter(([name]) => !frozen.has(name));
    return trained.map(([, { data }]) => data);
  }

  private identity(): string {
    const { model, objective, optimizer, schedule, seed, epochs, threads = 1 } = this.options;
    const { clipNorm = null, clipValue = null, accumulate = 1, best = null } = this.options;
    const shapes = [...snapshotShapes(this.memory)];
    return canonicalJson([
      model.name,
      objective.name,
      optimizer.name,
      schedule.name,
      String(seed),
      epochs,
      threads,
      clipNorm,
      clipValue,
      accumulate,
      best && [best.metric, best.goal],
      shapes,
    ]);
  }
}

function scoreOf(validation: Means, { metric, goal }: NonNullable<FitOptions["best"]> = lowestLoss): number {
  const value = must(validation[metric], `validation measures "${metric}"`);
  return goal === "lowest" ? value : -value;
}

const lowestLoss = { metric: "loss", goal: "lowest" } as const;

function snapshotShapes({ dense, tables }: TrainingMemory): (readonly [string, readonly number[]])[] {
  return [
    ...dense.parameters.map(({ declaration: { name, shape } }) => [name, shape] as const),
    ...tables.map(({ declaration: { name, rows, width } }) => [name, [rows, width]] as const),
  ];
}
