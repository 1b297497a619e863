// jax-js's side of bench/engine.ts on its wasm backend, one thread (its workers need a browser). Prints one JSON line.
// usage: jax_steps.mjs A|B|C100|C500|D train|losses THREADS BUDGET_MS
import { batchOf, facts, positions, transformer, weightsOf } from "../../dist/tools/bench/workloads.js";
import { timeSteps } from "../../dist/tools/bench/timing.js";
import { blockUntilReady, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from "@jax-js/jax";

const [workload, mode, , budgetMs] = process.argv.slice(2);
await init("wasm");
const { classes, shape, rate, epsilon, ids, batches: count } = facts[workload];

// arrays are consumed by their first use; `.ref` keeps one for another
const array = (data, dims) =>
  np.array(data, { shape: dims, dtype: data instanceof Int32Array ? np.int32 : np.float32 });
const zeros = (n) => array(new Float32Array(n), [n]);
const linear = (x, p, name) => np.matmul(x, p[name]).add(p[`${name}.bias`]);

function parameters() {
  const all = {};
  for (const [name, { shape: dims, data }] of Object.entries(weightsOf(workload))) {
    all[name] = array(data, dims);
    if (name.startsWith("conv")) all[name] = np.transpose(all[name], [3, 2, 0, 1]);
    if (workload === "B" && name === "hidden") {
      const images = np.transpose(all[name].reshape([4, 4, 64, 64]), [2, 0, 1, 3]);
      all[name] = images.reshape([1024, 64]);
    }
    if (name === "words" || name.startsWith("recurrent")) continue;
    all[`${name}.bias`] = zeros(dims.at(-1));
  }
  const norms = workload === "D" ? 2 * transformer.layers : 0;
  for (let i = 0; i < norms; i++) {
    all[`norm${i}`] = array(new Float32Array(transformer.width).fill(1), [transformer.width]);
    all[`norm${i}.bias`] = zeros(transformer.width);
  }
  return all;
}

const nets = { A: perceptron, B: convolutional, C100: recurrent, C500: recurrent, D: encoder };

function perceptron(p, x) {
  return linear(nn.relu(linear(x, p, "hidden")), p, "out");
}

function convolutional(p, x) {
  const conv = (y, name) => {
    const bias = p[`${name}.bias`];
    return nn.relu(lax.conv(y, p[name], [1, 1], "VALID").add(bias.reshape([1, bias.shape[0], 1, 1])));
  };
  const pool = (y) => {
    const [n, c, h, w] = y.shape.map((dim, i) => (i < 2 ? dim : dim >> 1));
    return np.max(y.slice([], [], [0, h * 2], [0, w * 2]).reshape([n, c, h, 2, w, 2]), [3, 5]);
  };
  const images = conv(pool(conv(pool(conv(x, "conv1")), "conv2")), "conv3");
  return linear(nn.relu(linear(images.reshape([images.shape[0], 1024]), p, "hidden")), p, "out");
}

/** Over ids that lie time first in one row. */
function recurrent(p, x) {
  const [length, size] = [shape[0], x.shape[0] / shape[0]];
  const layer = (inputs, index) => {
    const fed = linear(inputs, p, `kernel${index}`).reshape([length, size, 256]);
    let [h, c] = [np.zeros([size, 64]), np.zeros([size, 64])];
    const all = np.unstack(fed, 0).map((step, t) => {
      const weights = p[`recurrent${index}`];
      const [i, f, g, o] = np.split(step.add(np.matmul(h, t === length - 1 ? weights : weights.ref)), 4, 1);
      c = nn
        .sigmoid(f)
        .mul(c)
        .add(nn.sigmoid(i).mul(np.tanh(g)));
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
      return h.ref;
    });
    h.dispose();
    c.dispose();
    return all;
  };
  const embedded = np.matmul(nn.oneHot(x, 10000), p.words); // the gradient of `take` does not compile here
  const first = layer(embedded, 1);
  const second = layer(np.concatenate(first, 0), 2);
  for (const unused of second.slice(0, -1)) unused.dispose();
  return linear(second[length - 1], p, "out");
}

function encoder(p, x, key) {
  const { width, heads, layers, dropout } = transformer;
  const [size, length] = x.shape;
  const rows = size * length;
  let drawn = 0;
  const drop = (y) => {
    if (mode !== "train") return y;
    const kept = random.bernoulli(random.key(key.ref.add(drawn++)), 1 - dropout, y.shape);
    return y.mul(kept.astype(np.float32)).mul(1 / (1 - dropout));
  };
  const norm = (y, i) => {
    const centred = y.ref.sub(np.mean(y, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred
      .mul(np.reciprocal(np.sqrt(variance.add(1e-5))))
      .mul(p[`norm${i}`])
      .add(p[`norm${i}.bias`]);
  };
  const embedded = np
    .take(p.words, x.reshape([-1]), 0)
    .mul(Math.sqrt(width))
    .reshape([size, length, width]);
  let h = embedded.add(array(positions(length, width), [1, length, width])).reshape([rows, width]);
  for (let layer = 0; layer < layers; layer++) {
    const turned = (name) =>
      np.transpose(linear(h.ref, p, `${name}${layer}`).reshape([size, length, heads, width / heads]), [0, 2, 1, 3]);
    const scores = np.matmul(turned("query"), np.transpose(turned("key"), [0, 1, 3, 2])).mul(Math.sqrt(heads / width));
    const mixed = np.matmul(drop(nn.softmax(scores, -1)), turned("value"));
    const joined = linear(np.transpose(mixed, [0, 2, 1, 3]).reshape([rows, width]), p, `joined${layer}`);
    h = norm(h.add(drop(joined)), 2 * layer);
    const inner = drop(nn.relu(linear(h.ref, p, `inner${layer}`)));
    h = norm(h.add(drop(linear(inner, p, `outer${layer}`))), 2 * layer + 1);
  }
  if (mode === "train") key.dispose();
  return linear(np.mean(h.reshape([size, length, width]), 1), p, "out");
}

const lossOf = (p, x, y, key) =>
  np.mean(np.sum(nn.logSoftmax(nets[workload](p, x, key), -1).mul(nn.oneHot(y, classes)), -1)).mul(-1);
const lossAndGradients = valueAndGrad(lossOf);
/** One step of Adam; c1 and c2 are 1 - βᵗ. */
const update = jit((p, first, second, c1, c2, x, y, key) => {
  const noisy = workload === "D" && mode === "train";
  const [loss, g] = noisy ? lossAndGradients(tree.ref(p), x, y, key) : lossAndGradients(tree.ref(p), x, y);
  const [nextP, nextFirst, nextSecond] = [{}, {}, {}];
  for (const name in p) {
    nextFirst[name] = first[name].mul(0.9).add(g[name].ref.mul(0.1));
    nextSecond[name] = second[name].mul(0.999).add(np.square(g[name]).mul(0.001));
    const move = nextFirst[name].ref.div(c1.ref).mul(rate);
    nextP[name] = p[name].sub(move.div(np.sqrt(nextSecond[name].ref.div(c2.ref)).add(epsilon)));
  }
  for (const used of noisy ? [c1, c2] : [c1, c2, key]) used.dispose();
  return [nextP, nextFirst, nextSecond, loss];
});

const data = Array.from({ length: count }, (_, i) => batchOf(workload, i));
function fed({ x, size }) {
  if (!ids || workload === "D") return array(x, [size, ...shape]);
  const length = shape[0];
  return array(
    Int32Array.from(x, (_, at) => x[(at % size) * length + Math.floor(at / size)]), // time first
    [size * length],
  );
}

let p = parameters();
let [first, second] = [1, 2].map(() => tree.map((x) => np.zeros(x.shape), p));
async function step(index) {
  const batch = data[index % count];
  const corrections = [0.9, 0.999].map((beta) => np.array(1 - beta ** (index + 1)));
  const key = np.array(1000 * index, { dtype: np.uint32 });
  const labels = array(batch.labels, [batch.size]);
  let loss;
  [p, first, second, loss] = update(p, first, second, ...corrections, fed(batch), labels, key);
  await blockUntilReady(p);
  return (await loss.data())[0];
}
process.stdout.write(`${JSON.stringify({ ...(await timeSteps(step, Number(budgetMs))), version: "0.1.25" })}\n`);
process.exit(0);
