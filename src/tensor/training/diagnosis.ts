import type { Tensor } from "../graph/tensor.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { topological } from "../graph/topological.ts";
import { layersOf, leafName } from "../model/layer-names.ts";
import { tableFeeds } from "../model/model.ts";
import { openSession, type Values } from "../runtime/runtime.ts";
import type { TrainingMemory } from "./memory.ts";
import { reportNames, type StepGraph } from "./step-graph.ts";

/**
 * Runs a step's graph once more with an output for every operation and says where the first number that is not finite
 * comes from: an input, a parameter, or an operation, with the layer it belongs to.
 */
export async function findNotFinite(graph: StepGraph, feeds: Values): Promise<string> {
  const order = topological(Object.values(graph.model.outputs)).filter((x) => !x.several && x.type === "float32");
  const outputs = Object.fromEntries(order.map((x, i) => [`check.${i}`, x.mul(0).sum()])); // 0 of finite numbers only
  const session = await openSession(toOnnx({ name: "diagnosis", outputs, standardOnly: false }));
  try {
    const fed = Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name]] as const));
    const results = await session.run(fed as Values);
    const first = order.find((_, i) => Number(results[`check.${i}`]?.data[0]) !== 0);
    return first ? describe(first, graph) : "Every operation's result is finite in a second run.";
  } finally {
    await session.release();
  }
}

function describe(x: Tensor, graph: StepGraph): string {
  const leaf = leafName(x);
  if (leaf !== undefined) {
    const table = graph.model.tables.find(({ name }) => tableFeeds(name).rows === leaf);
    const trained = table?.name ?? graph.model.parameters.find(({ name }) => name === leaf)?.name;
    return trained === undefined
      ? `The batch's input "${leaf}" holds a number that is not finite.`
      : `The parameter "${trained}" holds a number that is not finite.`;
  }
  const loss = graph.model.outputs[reportNames.loss];
  const forward = new Set(loss ? topological([loss]) : []);
  const layer = layersOf(graph.model).get(x);
  const place = layer === undefined ? "before any layer" : `in the layer "${layer}"`;
  const pass = forward.has(x) ? "" : ", on the way back";
  return `The first result that is not finite is that of "${operationOf(x)}" ${place}${pass}.`;
}

const operationOf = (x: Tensor): string => (x.kind === "pick" ? (x.inputs[0]?.kind ?? x.kind) : x.kind);
/** The parameter or table whose numbers are largest, for a loss that grew without bound. */
export function describeLargest(memory: TrainingMemory): string {
  const all = [
    ...memory.dense.parameters.map(({ declaration, value }) => ({ name: declaration.name, size: largest(value) })),
    ...memory.tables.map(({ declaration, touchedRows }) => ({ name: declaration.name, size: largest(touchedRows) })),
  ];
  const [top] = all.toSorted((a, b) => b.size - a.size);
  return top ? `The largest weights are those of "${top.name}", up to ${top.size.toPrecision(3)}.` : "";
}

const largest = (data: Float32Array): number => data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
