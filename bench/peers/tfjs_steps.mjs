// tfjs's side of bench/engine.ts: model A on the wasm backend. Prints one JSON line.
// usage: tfjs_steps.mjs THREADS BUDGET_MS
import { createRequire } from "node:module";
import path from "node:path";
import { glorotLimit, perceptron, perceptronBatch, uniform } from "../../dist/tools/bench/workloads.js";
import { timeSteps } from "../../dist/tools/bench/timing.js";

const [threads, budgetMs] = process.argv.slice(2).map(Number);
const require = createRequire(import.meta.url);
console.warn = () => {};
console.log = () => {};
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(`${path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"))}/wasm-out/`);
if (threads > 1) wasm.setThreadsCount(threads);
await tf.setBackend("wasm");
await tf.ready();

const { inputs, hidden, classes, batch, rate, epsilon } = perceptron;
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: hidden, activation: "relu", inputShape: [inputs] }),
    tf.layers.dense({ units: classes }),
  ],
});
model.setWeights([
  tf.tensor(uniform(1, inputs * hidden, glorotLimit(inputs, hidden)), [inputs, hidden]),
  tf.zeros([hidden]),
  tf.tensor(uniform(2, hidden * classes, glorotLimit(hidden, classes)), [hidden, classes]),
  tf.zeros([classes]),
]);
const optimizer = tf.train.adam(rate, 0.9, 0.999, epsilon);
const batches = [0, 1, 2, 3].map(perceptronBatch);

async function step(index) {
  const { x, labels } = batches[index % 4].values;
  const input = tf.tensor(x, [batch, inputs]);
  const target = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), classes).toFloat());
  const loss = optimizer.minimize(
    () => tf.losses.softmaxCrossEntropy(target, model.apply(input, { training: true })),
    true,
  );
  const [value] = await loss.data();
  tf.dispose([input, target, loss]);
  return value;
}
process.stdout.write(`${JSON.stringify({ ...(await timeSteps(step, budgetMs)), version: tf.version.tfjs })}\n`);
process.exit(0);
