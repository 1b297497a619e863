import { must } from "../../kernel/errors.ts";
import { sizeOf } from "../graph/shape.ts";
import type { Model } from "../model/model.ts";
import type { Weights } from "../model/weights.ts";
import { type Runtime, type Session, type SessionOptions, type Value, value } from "../runtime/runtime.ts";
import type { Batch } from "./batch.ts";
import { DropoutMasks } from "./dropout-mask.ts";
import { feedBatch } from "./feeder.ts";
import { allocate, initialize, load, type TrainingMemory } from "./memory.ts";
import type { Objective } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { buildStep, gradientName, nextName, reportNames, type StepGraph } from "./step-graph.ts";
import { TouchedRows } from "./touched.ts";
import { type Clipping, Updater } from "./updater.ts";

/** What a step reports: the loss and metrics are means over the batch, weighted; `weight` is the sum of those weights. */
export interface Report {
  readonly loss: number;
  readonly weight: number;
  readonly metrics: { readonly [name: string]: number };
  /** Of all gradients, before clipping; only where they are clipped. */
  readonly gradientNorm?: number;
}

export interface StepperOptions extends Clipping {
  readonly model: Model;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  readonly seed: number | string;
  /** Weights to begin with in place of fresh ones. */
  readonly from?: Weights;
}

/** Single training and evaluation steps over one training memory: what `fit` loops over and the benchmark times. */
export interface Stepper {
  readonly memory: TrainingMemory;
  /** Forward, backward, update. Steps count from 1. A loss that is no number leaves the parameters as they were. */
  train(batch: Batch, step: number, learningRate: number): Promise<Report>;
  /** Forward only, without dropout. */
  evaluate(batch: Batch): Promise<Report>;
}

export async function openStepper(options: StepperOptions): Promise<Stepper> {
  const { model, objective, optimizer, runtime, session, seed, from } = options;
  const [training, evaluation] = [buildStep(model, objective, "train"), buildStep(model, objective, "evaluate")];
  const memory = allocate(training.model, optimizer);
  initialize(memory, seed);
  if (from) load(memory, from);
  const updater = new Updater(memory, optimizer, options);
  const tables = memory.tables.map((table) => new TouchedRows(table, memory.arena.memory));
  const masks = new DropoutMasks(training.model.masks, seed);
  const parameters = Object.fromEntries(
    [...memory.dense.parameters, ...memory.frozen].map(({ declaration: { name, shape }, value: data }) => [
      name,
      value(data, shape),
    ]),
  );
  const gradients = Object.fromEntries(
    memory.dense.parameters.map(({ declaration: { name, shape }, gradient }) => [
      gradientName(name),
      value(gradient, shape),
    ]),
  );
  const statistics = memory.frozen.flatMap(({ declaration, value: now, next }) =>
    next ? [{ name: nextName(declaration.name), now, next: value(next, declaration.shape) }] : [],
  );
  const nexts = Object.fromEntries(statistics.map(({ name, next }) => [name, next]));
  const trainReport = reportValues(training);
  const evaluateReport = reportValues(evaluation);
  const trainSession = await runtime.session(training.bytes, session);
  let evaluateSession: Session | undefined; // opened when first needed: many a run has no validation

  return {
    memory,
    async train(batch, step, learningRate) {
      objective.check(batch);
      const { feeds, touched } = feedBatch(training.model, tables, batch, parameters, { of: masks, step });
      const into = { ...trainReport, ...gradients, ...nexts };
      for (const [i, { declaration, touchedGradients }] of memory.tables.entries()) {
        const dims = [touched[i] ?? 0, declaration.width];
        into[gradientName(declaration.name)] = value(touchedGradients.subarray(0, sizeOf(dims)), dims);
      }
      await trainSession.run(feeds, into);
      const report = readReport(training, trainReport);
      if (!Number.isFinite(report.loss)) return report;
      for (const { now, next } of statistics) now.set(next.data as Float32Array);
      const gradientNorm = updater.update(step, learningRate, touched);
      return gradientNorm === undefined ? report : { ...report, gradientNorm };
    },
    async evaluate(batch) {
      objective.check(batch);
      evaluateSession ??= await runtime.session(evaluation.bytes, session);
      const { feeds } = feedBatch(evaluation.model, tables, batch, parameters);
      await evaluateSession.run(feeds, evaluateReport);
      return readReport(evaluation, evaluateReport);
    },
  };
}

type ReportValues = { readonly [name: string]: Value };

function reportValues({ metrics }: StepGraph): { [name: string]: Value } {
  const names = [reportNames.loss, reportNames.weight, ...metrics.map((name) => reportNames.metric(name))];
  return Object.fromEntries(names.map((name) => [name, value(new Float32Array(1), [])]));
}

function readReport({ metrics }: StepGraph, values: ReportValues): Report {
  const at = (name: string): number => Number(must(values[name], name).data[0]);
  return {
    loss: at(reportNames.loss),
    weight: at(reportNames.weight),
    metrics: Object.fromEntries(metrics.map((name) => [name, at(reportNames.metric(name))])),
  };
}
