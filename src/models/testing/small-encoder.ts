import { seededRandom } from "../../kernel/random.ts";
import { type Weight, defineModel, exportOnnx } from "../../tensor/index.ts";
import type { Encoder } from "../encoder/encoder.ts";

const width = 48;

/** An encoder that knows these words: their random vectors through one random layer, a vector for each place. */
export function smallEncoder(words: readonly string[]): Encoder {
  const random = seededRandom("small encoder");
  const pieces = ["[UNK]", ...words];
  const weight = (...shape: [number, number]): Weight => ({
    shape,
    data: Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal() / Math.sqrt(shape[1])),
  });
  const model = defineModel("small-encoder", (scope) => {
    const ids = scope.input("input_ids", ["batch", "length"], { type: "int64" });
    const mask = scope.input("attention_mask", ["batch", "length"], { type: "int64" }).cast("float32");
    const rows = scope.parameter("embeddings", [pieces.length, width]).gatherRows(ids);
    const states = rows.matmul(scope.parameter("layer.0.kernel", [width, width])).tanh();
    return { last_hidden_state: states.mul(mask.reshape(["batch", "length", 1])) };
  });
  const weights = new Map([
    ["embeddings", weight(pieces.length, width)],
    ["layer.0.kernel", weight(width, width)],
  ]);
  return {
    name: "small",
    license: "Apache-2.0",
    source: "random numbers",
    language: "en",
    width,
    lengthMax: 32,
    inputs: { ids: "input_ids", mask: "attention_mask", types: null },
    output: "last_hidden_state",
    pooling: "mean",
    onnx: exportOnnx(model, weights),
    tokenizer: {
      normalize: [{ kind: "lowercase" }],
      split: [{ kind: "whitespace" }],
      model: { type: "wordpiece", pieces, unknown: 0, continuation: "##", wordMax: 100 },
      before: [],
      after: [],
      padding: 0,
    },
  };
}
