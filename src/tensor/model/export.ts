import { invariant, must, Refusal } from "../../kernel/errors.ts";
import { sameShape } from "../graph/shape.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { buildModel, type Model } from "./model.ts";
import type { Weights } from "./weights.ts";

export interface ExportOptions {
  /** Which of the model's outputs the file computes. Default all. */
  readonly outputs?: readonly string[];
}

/**
 * The model as an ordinary ONNX file (operator set 20): weights inside, dropout gone, dynamic dimensions named. Its inputs
 * are those the definition declares in `export` mode.
 */
export function exportOnnx(model: Model, weights: Weights, options: ExportOptions = {}): Uint8Array {
  const built = buildModel(model, "export");
  const names = options.outputs ?? Object.keys(built.outputs);
  invariant(names.length > 0, "an exported graph has outputs");
  const trained = [
    ...built.parameters,
    ...built.tables.map(({ name, rows, width }) => ({ name, shape: [rows, width] })),
  ];
  for (const { name, shape } of trained) {
    const weight = weights.get(name);
    if (!weight || !sameShape(weight.shape, shape)) {
      throw new Refusal(
        "conflict",
        `The weights do not belong to the model "${model.name}": "${name}" is [${shape.join(", ")}] there.`,
      );
    }
  }
  const outputs = Object.fromEntries(
    names.map((name) => [name, must(built.outputs[name], `the model has an output "${name}"`)]),
  );
  const folded = built.parameters.flatMap(({ name, fold }) => (fold ? [[name, fold(weights)] as const] : []));
  return toOnnx({ name: model.name, outputs, weights: new Map([...weights, ...folded]) });
}
