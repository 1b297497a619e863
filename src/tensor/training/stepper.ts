import { must } from "../../kernel/errors.ts";
import { sizeOf } from "../graph/shape.ts";
import type { Model } from "../model/model.ts";
import type { Weights } from "../model/weights.ts";
import { compileFiniteCheck } from "../runtime/finite.ts";
import { type Runtime, type Session, type SessionOptions, type Value, value } from "../runtime/runtime.ts";
import type { Batch } from "./batch.ts";
import { addReport, noSums, type Sums } from "./curves.ts";
import { findNotFinite } from "./diagnosis.ts";
import { DropoutMasks } from "./dropout-mask.ts";
import { feedBatch } from "./feeder.ts";
import { GradientSum } from "./gradient-sum.ts";
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
  /** Where the first number comes from that is not finite, in loss or gradients; then nothing was changed. */
  readonly broken?: string;
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
  /**
   * Forward, backward, update. Steps count from 1. Several batches are one step, as if they were one batch: their gradients
   * are added up.
   */
  train(batch: Batch | readonly Batch[], step: number, learningRate: number): Promise<Report>;
  /** Forward only, without dropout. */
  evaluate(batch: Batch): Promise<Report>;
}

export async function openStepper(options: StepperOptions): Promise<Stepper> {
  const { model, objective, optimizer, runtime, session, seed, from } = options;
  const training = buildStep(model, objective, "train");
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
  const trainSession = await runtime.session(training.bytes, session);
  let evaluation: Evaluation | undefined; // made when first needed: many a run has no validation

  const isFinite = compileFiniteCheck(memory.arena.memory);
  let sum: GradientSum | undefined; // made when first needed: most steps are one batch

  /** Forward and backward; the gradients lie in memory then. */
  const backward = async (batch: Batch, step: number, part: number): Promise<Backward> => {
    objective.check(batch);
    const drawn = { of: masks, step: part === 0 ? step : `${step}.${part}` }; // every part has masks of its own
    const { feeds, touched } = feedBatch(training.model, tables, batch, parameters, drawn);
    const into = { ...trainReport, ...gradients, ...nexts };
    const used = memory.tables.map(({ declaration, touchedGradients }, i) => {
      const dims = [touched[i] ?? 0, declaration.width];
      const data = touchedGradients.subarray(0, sizeOf(dims));
      into[gradientName(declaration.name)] = value(data, dims);
      return data;
    });
    await trainSession.run(feeds, into);
    const report = readReport(training, trainReport);
    const fine = Number.isFinite(report.loss) && [memory.dense.gradients, ...used].every(isFinite);
    if (!fine) return { touched, report: { ...report, broken: await findNotFinite(training, feeds) } };
    for (const { now, next } of statistics) now.set(next.data as Float32Array);
    return { touched, report };
  };

  return {
    memory,
    async train(batch, step, learningRate) {
      const batches = "size" in batch ? [batch] : batch;
      let [sums, touched, scale]: [Sums, readonly number[], number] = [noSums, [], 1];
      for (const [part, each] of batches.entries()) {
        const result = await backward(each, step, part);
        if (result.report.broken !== undefined) {
          sum = undefined; // what earlier parts added belongs to no step
          return result.report;
        }
        sums = addReport(sums, result.report);
        if (batches.length === 1) ({ touched } = result);
        else (sum ??= new GradientSum(memory)).add(result.report.weight, result.touched);
      }
      if (sum && batches.length > 1) ({ touched, scale } = sum.take());
      const gradientNorm = updater.update(step, learningRate, touched, scale);
      const report = reportOf(sums);
      return gradientNorm === undefined ? report : { ...report, gradientNorm };
    },
    async evaluate(batch) {
      objective.check(batch);
      evaluation ??= await openEvaluation(options);
      const { graph, into } = evaluation;
      const { feeds } = feedBatch(graph.model, tables, batch, parameters);
      await evaluation.session.run(feeds, into);
      const report = readReport(graph, into);
      if (Number.isFinite(report.loss)) return report;
      return { ...report, broken: await findNotFinite(graph, feeds) };
    },
  };
}

interface Evaluation {
  readonly graph: StepGraph;
  readonly session: Session;
  readonly into: ReportValues;
}

async function openEvaluation({ model, objective, runtime, session }: StepperOptions): Promise<Evaluation> {
  const graph = buildStep(model, objective, "evaluate");
  return { graph, session: await runtime.session(graph.bytes, session), into: reportValues(graph) };
}

interface Backward {
  readonly report: Report;
  /** For each table, how many rows the batch touches. */
  readonly touched: readonly number[];
}

function reportOf({ weight, totals }: Sums): Report {
  const { loss = Number.NaN, ...metrics } = Object.fromEntries(
    Object.entries(totals).map(([name, total]) => [name, total / weight]),
  );
  return { loss, weight, metrics };
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
