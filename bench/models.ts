/** The benchmark's models as this library's users write them, and its weights in this library's layouts. */
import {
  addPositions,
  conv2d,
  defineModel,
  dense,
  embedding,
  embeddingBag,
  flatten,
  lstm,
  maxPool,
  type Model,
  type Scope,
  type Stepper,
  type Tensor,
  transformerEncoder,
} from "millrace/tensor";
import { bagTable, facts, transformer, type Weight, weightsOf, type Workload } from "./workloads.ts";

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

function convolutional(scope: Scope): Tensor {
  const layer = (name: string, x: Tensor, filters: number): Tensor =>
    conv2d(scope, name, x, { filters, kernel: 3, activation: "relu" });
  const pool = (x: Tensor): Tensor => maxPool(x, { kernel: 2 });
  const narrow = pool(layer("conv1", scope.input("x", ["batch", 3, 32, 32]), 32)); // [batch, 32, 15, 15]
  const images = layer("conv3", pool(layer("conv2", narrow, 64)), 64); //             [batch, 64, 4, 4]
  return dense(scope, "hidden", flatten(images), { units: 64, activation: "relu" });
}

function recurrent(scope: Scope, length: number): Tensor {
  const words = embedding(scope, "words", ids(scope, length), { rows: 10_000, width: 16 });
  return lstm(scope, "lstm", words, { units: 64, layers: 2, outputs: "last" });
}

/** Normalized after each sum, as PyTorch's TransformerEncoderLayer is by default. */
function transformerBody(scope: Scope, rate: number): Tensor {
  const { width, words, heads, hidden, layers } = transformer;
  const embedded = embedding(scope, "words", ids(scope, 128), { rows: words, width }).mul(Math.sqrt(width));
  const placed = addPositions(scope, "positions", embedded, { kind: "sinusoidal", lengthMax: 128 });
  const options = { layers, heads, hidden, dropout: rate, norm: "post", activation: "relu" } as const;
  return transformerEncoder(scope, "encoder", placed, options).mean([1]);
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

/** What a Transformer's matrices are called in a layer. */
const roles: { readonly [drawn: string]: string } = {
  query: "attention.query",
  key: "attention.key",
  value: "attention.value",
  joined: "attention.output",
  inner: "hidden",
  outer: "output",
};

/** The drawn weights by the names of our parameters. */
function ourWeights(workload: Workload): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  for (const [name, weight] of Object.entries(weightsOf(workload))) {
    const [, role, layer] = /^([a-z]+)(\d)$/.exec(name) ?? [];
    if (name === "words") weights.set(name, weight);
    else if (name.startsWith("conv")) weights.set(`${name}.kernel`, filtersFirst(weight));
    else if (workload === "D" && role) weights.set(`encoder.${layer}.${roles[role]}.kernel`, weight);
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
