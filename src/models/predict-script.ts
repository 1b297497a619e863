/** `predict.mjs` of an exported folder: what remains of us when somebody takes a model away. */
export const predictScript = `// npm install onnxruntime-node && echo "some text" | node predict.mjs
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { textFeatures } from "./preprocessing.mjs";

const json = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const session = await ort.InferenceSession.create(fileURLToPath(new URL("model.onnx", import.meta.url)));
const text = process.argv.slice(2).join(" ") || readFileSync(0, "utf8");
const { ids, weights } = textFeatures(json("preprocessing.json"))(text);
const { probabilities } = await session.run({
  ids: new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
  weights: new ort.Tensor("float32", weights, [1, ids.length]),
});
console.log(JSON.stringify(Object.fromEntries(json("labels.json").map((label, i) => [label, probabilities.data[i]]))));
`;
