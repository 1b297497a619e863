import { must } from "../../kernel/errors.ts";
import { gradients } from "../graph/gradient.ts";
import { concat, type Tensor } from "../graph/tensor.ts";
import { toOnnx, topological } from "../graph/to-onnx.ts";
import { buildModel, type BuiltModel, type Model, tableFeeds } from "../model/model.ts";
import type { Measured, Objective } from "./objective.ts";

/** The graph of one step: its ONNX file, what to feed, and the names of the metrics in its report. */
export interface StepGraph {
  readonly model: BuiltModel;
  readonly bytes: Uint8Array;
  /** After the loss and the weight, the report holds these, in this order. */
  readonly metrics: readonly string[];
}

/** The output [2 + metrics] with the loss, the weight and the metrics. */
export const reportName = "report";
export const gradientName = (name: string): string => `${name}.gradient`;

/** In `train` mode the graph also computes the gradient of every parameter and of every table's touched rows. */
export function buildStep(model: Model, objective: Objective, mode: "train" | "evaluate"): StepGraph {
  const metrics: string[] = [];
  const built = buildModel(model, mode, (outputs, scope) => {
    const measured = objective.measure(outputs, scope);
    metrics.push(...Object.keys(measured.metrics));
    const trained = [
      ...scope.parameters.map(({ name }) => ({ name, node: name })),
      ...scope.tables.map(({ name }) => ({ name, node: tableFeeds(name).rows })),
    ];
    const report = reportOf(measured);
    return mode === "train"
      ? { [reportName]: report, ...gradientsOf(measured.loss, trained) }
      : { [reportName]: report };
  });
  return { model: built, bytes: toOnnx({ name: `${model.name} ${mode}`, outputs: built.outputs }), metrics };
}

function reportOf({ loss, weight, metrics }: Measured): Tensor {
  return concat(
    [loss, weight, ...Object.values(metrics)].map((scalar) => scalar.reshape([1])),
    0,
  );
}

function gradientsOf(loss: Tensor, trained: readonly { readonly name: string; readonly node: string }[]) {
  const leaves = new Map<string, Tensor>();
  for (const tensor of topological([loss])) if ("name" in tensor.with) leaves.set(tensor.with.name, tensor);
  const nodes = trained.map(({ name, node }) => must(leaves.get(node), `the loss depends on "${name}"`));
  const results = gradients(loss, nodes);
  return Object.fromEntries(trained.map(({ name }, i) => [gradientName(name), must(results[i], name)]));
}
