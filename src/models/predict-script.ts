import type { Computation } from "./model.ts";
import { exportedCodec } from "./preprocessing.ts";

/** `predict.mjs` of an exported folder: what remains of us when somebody takes a model away. */
export function predictScript({ preprocessing }: Computation): string {
  const packages = ["onnxruntime-node", ...exportedCodec(preprocessing).packages].join(" ");
  return `// npm install ${packages} && echo "some input" | node predict.mjs
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { codec } from "./preprocessing.mjs";

const json = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const session = await ort.InferenceSession.create(fileURLToPath(new URL("model.onnx", import.meta.url)));
const { read, feeds } = codec(json("preprocessing.json"));
const types = { Float32Array: "float32", Int32Array: "int32", BigInt64Array: "int64" };
const tensor = ({ data, dims }) => new ort.Tensor(types[data.constructor.name], data, dims);
const input = process.argv.slice(2).join(" ") || readFileSync(0, "utf8");
const fed = Object.entries(feeds([read(input)])).map(([name, feed]) => [name, tensor(feed)]);
const { probabilities, values } = await session.run(Object.fromEntries(fed));
const labels = json("labels.json");
console.log(
  JSON.stringify(
    probabilities ? Object.fromEntries(labels.map((label, i) => [label, probabilities.data[i]])) : { value: values.data[0] },
  ),
);
`;
}
