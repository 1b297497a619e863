/** The benchmark's models as this library's users write them, and its weights in this library's layouts. */
import {
  constant,
  defineModel,
  dense,
  dropout,
  embedding,
  embeddingBag,
  lstm,
  type Model,
  ones,
  type Scope,
  type Stepper,
  type Tensor,
  zeros,
} from "millrace/tensor";
import { bagTable, facts, positions, transformer, type Weight, weightsOf, type Workload } from "./workloads.ts";

/** `rate` is the dropout's, where the workload has any. */
export function modelOf(workload: Workload, rate = transformer.dropout): Model {
  return defineModel(workload, (scope) => {
    const logits = dense(scope, "out", bodies[workload](scope, rate), { units: facts[workload].classes });
    return { logits, probabilities: logits.softmax() };
  });
}

const bodies: { readonly [W in Workload]: (scope: Scope, rate: number) => Tensor } = {
  A: (scope) => dense(scope, "hidden", scope.input("x", ["batch", 100]), { units: 500, activation: "relu" }),
  B: convolutional,
  C100: (scope) => recurrent(scope, 100),
  C500: (scope) => recurrent(scope, 500),
  D: transformerBody,
  bags: (scope) => dense(scope, "hidden", bag(scope), { units: bagTable.hidden, activation: "relu" }),
};

const ids = (scope: Scope, length: number): Tensor => scope.input("x", ["batch", length], { type: "int32" });

function bag(scope: Scope): Tensor {
  const draw = (data: Float32Array): void => data.set(weightsOf("bags")["words"]?.data ?? []);
  return embeddingBag(scope, "words", { ...bagTable, initial: { name: "words", draw } });
}

function convolutional(): Tensor {
  throw new Error("this version has no convolution");
}

function recurrent(scope: Scope, length: number): Tensor {
  const words = embedding(scope, "words", ids(scope, length), { rows: 10_000, width: 16 });
  return lstm(scope, "lstm", words, { units: 64, layers: 2, outputs: "last" });
}

/** A post-norm encoder (Vaswani et al. 2017), as PyTorch's TransformerEncoderLayer is by default. */
function transformerBody(scope: Scope, rate: number): Tensor {
  const { width, heads, hidden, layers, words } = transformer;
  const embedded = embedding(scope, "words", ids(scope, 128), { rows: words, width });
  let h = embedded.mul(Math.sqrt(width)).add(constant(positions(128, width), [128, width])); // [batch, 128, width]
  for (let layer = 0; layer < layers; layer++) {
    const drop = (name: string, x: Tensor): Tensor => dropout(scope, `${name}${layer}.dropout`, x, rate);
    const turned = (part: string): Tensor =>
      dense(scope, `${part}${layer}`, h, { units: width })
        .reshape(["batch", 128, heads, width / heads])
        .transpose([0, 2, 1, 3]); // [batch, heads, 128, width / heads]
    const scores = turned("query")
      .matmul(turned("key"), { transposeY: true })
      .mul(Math.sqrt(heads / width));
    const mixed = drop("attention", scores.softmax()).matmul(turned("value"));
    const joined = mixed.transpose([0, 2, 1, 3]).reshape(["batch", 128, width]);
    h = norm(scope, `norm1.${layer}`, h.add(drop("joined", dense(scope, `joined${layer}`, joined, { units: width }))));
    const inner = drop("inner", dense(scope, `inner${layer}`, h, { units: hidden, activation: "relu" }));
    h = norm(scope, `norm2.${layer}`, h.add(drop("outer", dense(scope, `outer${layer}`, inner, { units: width }))));
  }
  return h.mean([1]);
}

function norm(scope: Scope, name: string, x: Tensor): Tensor {
  const width = x.dim(-1);
  const centred = x.sub(x.mean([-1], true));
  const normalized = centred.div(centred.square().mean([-1], true).add(1e-5).sqrt());
  return normalized
    .mul(scope.parameter(`${name}.scale`, [width], { initial: ones }))
    .add(scope.parameter(`${name}.bias`, [width], { initial: zeros }));
}

/** Overwrites what a stepper drew: with the workload's weights, biases with zeros. */
export function setWeights({ dense: { parameters } }: Stepper["memory"], workload: Workload): void {
  const weights = ourWeights(workload);
  for (const { declaration, value } of parameters) {
    const weight = weights.get(declaration.name);
    if (weight) value.set(weight.data);
    else if (declaration.name.endsWith("bias")) value.fill(0);
  }
}

/** The drawn weights by the names of our parameters. */
function ourWeights(workload: Workload): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [name, weight] of Object.entries(weightsOf(workload))) {
    const [, role, layer] = /^(kernel|recurrent)(\d)$/.exec(name) ?? [];
    if (name === "words") weights.set(name, weight);
    else if (name.startsWith("conv")) weights.set(`${name}.kernel`, filtersFirst(weight));
    else if (role) weights.set(`lstm.${Number(layer) - 1}.${role}`, gatesFirst(weight));
    else weights.set(`${name}.kernel`, workload === "B" && name === "hidden" ? channelsFirst(weight) : weight);
  }
  return weights;
}

/** Kernels [height, width, in, out] as [out, in, height, width]. */
function filtersFirst({ shape, data }: Weight): Weight {
  const [height = 1, width = 1, channels = 1, filters = 1] = shape;
  return { shape: [filters, channels, height, width], data: transposed(data, height * width, channels, filters) };
}

/** Data [a, b, c] as [c, b, a]. */
function transposed(data: Float32Array, a: number, b: number, c: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) turned[(k * b + j) * a + i] = data[(i * b + j) * c + k] ?? 0;
  }
  return turned;
}

/** LSTM [in, 4 units] with gates i, f, c, o as [4 units, in] with gates i, o, f, c. */
function gatesFirst({ shape, data }: Weight): Weight {
  const [inputs = 1, rows = 4] = shape;
  const units = rows / 4;
  const across = transposed(data, inputs, 1, rows);
  const gate = (index: number): Float32Array => across.subarray(index * units * inputs, (index + 1) * units * inputs);
  const ordered = new Float32Array(data.length);
  for (const [i, from] of [0, 3, 1, 2].entries()) ordered.set(gate(from), i * units * inputs);
  return { shape: [rows, inputs], data: ordered };
}

/** Rows of a dense kernel over images [4, 4, 64] in the order of images [64, 4, 4]. */
function channelsFirst({ shape, data }: Weight): Weight {
  const units = shape[1] ?? 1;
  const turned = new Float32Array(data.length);
  for (let at = 0; at < 16; at++) {
    for (let c = 0; c < 64; c++) {
      turned.set(data.subarray((at * 64 + c) * units, (at * 64 + c + 1) * units), (c * 16 + at) * units);
    }
  }
  return { shape, data: turned };
}
