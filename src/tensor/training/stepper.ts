import { must } from "../../kernel/errors.ts";
import { sizeOf } from "../graph/shape.ts";
import type { Model } from "../model/model.ts";
import { type Runtime, type Session, type SessionOptions, type Value, value } from "../runtime/runtime.ts";
import type { Batch } from "./batch.ts";
import { type Fed, feedBatch } from "./feeder.ts";
import { allocate, type TrainingMemory } from "./memory.ts";
import type { Objective } from "./objective.ts";
import type { Optimizer } from "./optimizers.ts";
import { buildStep, gradientName, reportName, type StepGraph } from "./step-graph.ts";
import { TouchedRows } from "./touched.ts";
import { Updater } from "./updater.ts";

/** What a step reports: the loss and metrics are means over the batch, weighted; `weight` is the sum of those weights. */
export interface Report {
  readonly loss: number;
  readonly weight: number;
  readonly metrics: { readonly [name: string]: number };
  /** Of all gradients, before clipping; only where they are clipped. */
  readonly gradientNorm?: number;
}

export interface StepperOptions {
  readonly model: Model;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  readonly seed: number | string;
  /** Gradients whose joint Euclidean norm is larger are scaled down to it (Pascanu et al. 2013, arXiv:1211.5063). */
  readonly clipNorm?: number;
}

/** Single training and evaluation steps over one training memory: what `fit` loops over and the benchmark times. */
export interface Stepper {
  readonly memory: TrainingMemory;
  /** Forward, backward, update. Steps count from 1. */
  train(batch: Batch, step: number, learningRate: number): Promise<Report>;
  /** Forward only, without dropout. */
  evaluate(batch: Batch): Promise<Report>;
}

export async function openStepper(options: StepperOptions): Promise<Stepper> {
  const { model, objective, optimizer, runtime, session, seed, clipNorm } = options;
  const [training, evaluation] = [buildStep(model, objective, "train"), buildStep(model, objective, "evaluate")];
  const memory = allocate(training.model, optimizer);
  const updater = new Updater(memory, optimizer, clipNorm);
  const tables = memory.tables.map((table) => new TouchedRows(table, memory.arena.memory));
  const parameters = parameterValues(memory);
  const gradients = gradientValues(memory);
  const trainSession = await runtime.session(training.bytes, session);
  let evaluateSession: Session | undefined; // opened when first needed: many a run has no validation

  const feed = (graph: StepGraph, batch: Batch, step: number): Fed => {
    const fed = feedBatch(graph.model, tables, batch, String(seed), step);
    Object.assign(fed.feeds, parameters);
    return fed;
  };
  return {
    memory,
    async train(batch, step, learningRate) {
      const { feeds, touched } = feed(training, batch, step);
      const report = reportValue(training);
      const into: { [name: string]: Value } = { ...gradients, [reportName]: report };
      for (const [i, { declaration, touchedGradients }] of memory.tables.entries()) {
        const dims = [touched[i] ?? 0, declaration.width];
        into[gradientName(declaration.name)] = value(touchedGradients.subarray(0, sizeOf(dims)), dims);
      }
      await trainSession.run(feeds, into);
      const read = readReport(training, report);
      if (!Number.isFinite(read.loss)) return read; // parameters stay as they were before the broken step
      const gradientNorm = updater.update(step, learningRate, touched);
      return gradientNorm === undefined ? read : { ...read, gradientNorm };
    },
    async evaluate(batch) {
      evaluateSession ??= await runtime.session(evaluation.bytes, session);
      const report = reportValue(evaluation);
      await evaluateSession.run(feed(evaluation, batch, 0).feeds, { [reportName]: report });
      return readReport(evaluation, report);
    },
  };
}

function parameterValues(memory: TrainingMemory): { readonly [name: string]: Value } {
  const { parameters } = memory.dense;
  return Object.fromEntries(
    parameters.map(({ declaration: { name, shape }, value: data }) => [name, value(data, shape)]),
  );
}

function gradientValues(memory: TrainingMemory): { readonly [name: string]: Value } {
  const { parameters } = memory.dense;
  return Object.fromEntries(
    parameters.map(({ declaration: { name, shape }, gradient }) => [gradientName(name), value(gradient, shape)]),
  );
}

const reportValue = ({ metrics }: StepGraph): Value => value(new Float32Array(2 + metrics.length));

function readReport({ metrics }: StepGraph, { data }: Value): Report {
  const at = (i: number): number => Number(must(data[i], "a report is full"));
  return { loss: at(0), weight: at(1), metrics: Object.fromEntries(metrics.map((name, i) => [name, at(i + 2)])) };
}
