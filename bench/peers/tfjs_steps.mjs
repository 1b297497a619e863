// tfjs's side of bench/engine.ts on the wasm backend: models A, C and D (it has no gradient of convolutions there).
// Prints one JSON line. usage: tfjs_steps.mjs A|C100|C500|D train|losses THREADS BUDGET_MS
import { createRequire } from "node:module";
import path from "node:path";
import { batchOf, facts, positions, transformer, weightsOf } from "../../dist/tools/bench/workloads.js";
import { timeSteps } from "../../dist/tools/bench/timing.js";

const [workload, mode, threads, budgetMs] = process.argv.slice(2);
const require = createRequire(import.meta.url);
console.warn = () => {};
console.log = () => {};
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(`${path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"))}/wasm-out/`);
if (Number(threads) > 1) wasm.setThreadsCount(Number(threads));
await tf.setBackend("wasm");
await tf.ready();

// The backend lacks the gradient of a gather: plain JavaScript adds the rows up.
tf.registerKernel({
  kernelName: "UnsortedSegmentSum",
  backendName: "wasm",
  kernelFunc: ({ inputs: { x, segmentIds }, backend, attrs: { numSegments } }) => {
    const count = segmentIds.shape.reduce((product, dim) => product * dim, 1);
    const width = x.shape.reduce((product, dim) => product * dim, 1) / count;
    const sums = backend.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype);
    const [from, ids, to] = [x, segmentIds, sums].map((info) => backend.typedArrayFromHeap(info));
    to.fill(0);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < width; k++) to[ids[i] * width + k] += from[i * width + k];
    }
    return sums;
  },
});

const { classes, shape, rate, epsilon, batches: count } = facts[workload];
const drawn = weightsOf(workload);
const tensor = (name) => tf.tensor(drawn[name].data, drawn[name].shape);
const nets = { A: perceptron, B: convolutional, C100: recurrent, C500: recurrent, D: encoder };

function perceptron() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 500, activation: "relu", inputShape: shape }),
      tf.layers.dense({ units: classes }),
    ],
  });
  model.setWeights([tensor("hidden"), tf.zeros([500]), tensor("out"), tf.zeros([classes])]);
  return (x) => model.apply(x, { training: true });
}

function convolutional() {
  const conv = (filters) => tf.layers.conv2d({ filters, kernelSize: 3, activation: "relu" });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
  const layers = [conv(32), pool(), conv(64), pool(), conv(64), tf.layers.flatten()];
  const model = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [32, 32, 3] }),
      ...layers,
      tf.layers.dense({ units: 64, activation: "relu" }),
      tf.layers.dense({ units: classes }),
    ],
  });
  const names = ["conv1", "conv2", "conv3", "hidden", "out"];
  model.setWeights(names.flatMap((name) => [tensor(name), tf.zeros([drawn[name].shape.at(-1)])]));
  return (x) => model.apply(tf.transpose(x, [0, 2, 3, 1]), { training: true });
}

function recurrent() {
  const lstm = (returnSequences) => ({ units: 64, returnSequences, recurrentActivation: "sigmoid" });
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: 10000, outputDim: 16, inputLength: shape[0] }),
      tf.layers.lstm(lstm(true)),
      tf.layers.lstm(lstm(false)),
      tf.layers.dense({ units: classes }),
    ],
  });
  const layer = (i) => [tensor(`kernel${i}`), tensor(`recurrent${i}`), tf.zeros([256])];
  model.setWeights([tensor("words"), ...layer(1), ...layer(2), tensor("out"), tf.zeros([classes])]);
  return (x) => model.apply(x, { training: true });
}

function encoder() {
  const { width, heads, hidden, layers, dropout } = transformer;
  const variables = Object.fromEntries(Object.keys(drawn).map((name) => [name, tf.variable(tensor(name))]));
  const places = tf.tensor(positions(128, width), [1, 128, width]);
  const parts = ["query", "key", "value", "joined", "inner", "outer"];
  const biases = Object.fromEntries(
    [...Array(layers).keys()].flatMap((layer) =>
      parts.map((part) => [`${part}${layer}`, tf.variable(tf.zeros([part === "inner" ? hidden : width]))]),
    ),
  );
  biases.out = tf.variable(tf.zeros([classes]));
  const norms = Array.from({ length: 2 * layers }, () => [
    tf.variable(tf.ones([width])),
    tf.variable(tf.zeros([width])),
  ]);
  const linear = (x, name) => tf.add(tf.matMul(x, variables[name]), biases[name]);
  const norm = (x, [scale, bias]) => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), scale), bias);
  };
  const drop = (x) => (mode === "train" ? tf.dropout(x, dropout) : x);
  return (x) => {
    const [size, rows] = [x.shape[0], x.shape[0] * 128];
    const embedded = tf.gather(variables.words, x.reshape([-1]));
    let h = tf.add(tf.mul(embedded, Math.sqrt(width)).reshape([size, 128, width]), places).reshape([rows, width]);
    const turned = (name) => tf.transpose(linear(h, name).reshape([size, 128, heads, width / heads]), [0, 2, 1, 3]);
    for (let layer = 0; layer < layers; layer++) {
      const scores = tf.matMul(turned(`query${layer}`), turned(`key${layer}`), false, true);
      const mixed = tf.matMul(drop(tf.softmax(tf.mul(scores, Math.sqrt(heads / width)))), turned(`value${layer}`));
      const joined = linear(tf.transpose(mixed, [0, 2, 1, 3]).reshape([rows, width]), `joined${layer}`);
      h = norm(tf.add(h, drop(joined)), norms[2 * layer]);
      const inner = drop(tf.relu(linear(h, `inner${layer}`)));
      h = norm(tf.add(h, drop(linear(inner, `outer${layer}`))), norms[2 * layer + 1]);
    }
    return linear(tf.mean(h.reshape([size, 128, width]), 1), "out");
  };
}

const net = nets[workload]();
const optimizer = tf.train.adam(rate, 0.9, 0.999, epsilon);
const data = Array.from({ length: count }, (_, i) => batchOf(workload, i));

async function step(index) {
  const { x, labels, size } = data[index % count];
  const input = tf.tensor(x, [size, ...shape], facts[workload].ids ? "int32" : "float32");
  const target = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), classes).toFloat());
  const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, net(input)), true);
  const [value] = await loss.data();
  tf.dispose([input, target, loss]);
  return value;
}
process.stdout.write(`${JSON.stringify({ ...(await timeSteps(step, Number(budgetMs))), version: tf.version.tfjs })}\n`);
process.exit(0);
