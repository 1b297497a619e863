import { must } from "../../kernel/errors.ts";
import { gradients } from "../graph/gradient.ts";
import type { Tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { topological } from "../graph/topological.ts";
import { buildModel, type BuiltModel, type Model, type Outputs, type Scope, tableFeeds } from "../model/model.ts";
import type { Measured, Objective } from "./objective.ts";

/** The graph of one step: its ONNX file, what to feed, and the names of the metrics it reports. */
export interface StepGraph {
  readonly model: BuiltModel;
  readonly bytes: Uint8Array;
  readonly metrics: readonly string[];
}

/** The scalar outputs of every step. */
export const reportNames = {
  loss: "report.loss",
  weight: "report.weight",
  metric: (name: string) => `report.metric.${name}`,
};
/** What a statistic becomes. */
export const nextName = (name: string): string => `${name}.next`;
export const gradientName = (name: string): string => `${name}.gradient`;

/** In `train` mode the graph also computes the gradient of every parameter and of every table's touched rows. */
export function buildStep(model: Model, objective: Objective, mode: "train" | "evaluate"): StepGraph {
  const metrics: string[] = [];
  const built = buildModel(model, mode, (outputs, scope) => {
    const measured = objective.measure(outputs, scope);
    metrics.push(...Object.keys(measured.metrics));
    const report = reportOf(measured);
    if (mode === "evaluate") return report;
    const updates = scope.updates.map(({ name, next }) => [nextName(name), next] as const);
    return { ...report, ...gradientsOf(measured.loss, scope), ...Object.fromEntries(updates) };
  });
  return {
    model: built,
    bytes: toOnnx({ name: `${model.name} ${mode}`, outputs: built.outputs, standardOnly: false }),
    metrics,
  };
}

function reportOf({ loss, weight, metrics }: Measured): Outputs {
  const named = Object.entries(metrics).map(([name, metric]) => [reportNames.metric(name), metric] as const);
  return { [reportNames.loss]: loss, [reportNames.weight]: weight, ...Object.fromEntries(named) };
}

function gradientsOf(loss: Tensor, scope: Scope): Outputs {
  const trained = [
    ...scope.parameters.filter(({ trained }) => trained).map(({ name }) => ({ name, node: name })),
    ...scope.tables.map(({ name }) => ({ name, node: tableFeeds(name).rows })),
  ];
  const leaves = new Map<string, Tensor>();
  for (const tensor of topological([loss])) if ("name" in tensor.with) leaves.set(tensor.with.name, tensor);
  const nodes = trained.map(({ name, node }) => must(leaves.get(node), `the loss depends on "${name}"`));
  const results = gradients(loss, nodes);
  return Object.fromEntries(trained.map(({ name }, i) => [gradientName(name), must(results[i], name)]));
}
