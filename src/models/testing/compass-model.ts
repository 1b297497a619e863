import { defineModel, exportOnnx } from "../../tensor/index.ts";
import type { Computation } from "../index.ts";

/** Word vectors made by hand, of two numbers: four directions and what lies between. */
export function compassModel(): Computation {
  const words = ["north", "east", "south", "west", "northeast"];
  const data = Float32Array.of(0, 1, 1, 0, 0, -1, -1, 0, Math.SQRT1_2, Math.SQRT1_2);
  const [rows, width] = [words.length, 2];
  const model = defineModel("compass", (scope) => {
    const table = scope.parameter("vectors", [rows, width]);
    const ids = scope.input("ids", ["batch", "length"], { type: "int64" });
    const weights = scope.input("weights", ["batch", "length"]);
    const sums = weights.reshape(["batch", 1, "length"]).matmul(table.gatherRows(ids)).reshape(["batch", width]);
    return { similarities: sums.matmul(table, { transposeY: true }) };
  });
  return {
    task: "word-vectors",
    onnx: exportOnnx(model, new Map([["vectors", { shape: [rows, width], data }]])),
    preprocessing: { kind: "word-vectors", format: 1, words },
    labels: [],
  };
}
