import { seededRandom } from "../../kernel/random.ts";
import { sizeOf } from "../graph/shape.ts";
import { writeOnnx } from "../onnx/file.ts";
import { attributeOf, type AttributeValue, tensorOf } from "../onnx/protos.ts";
import { dataTypes, type NodeProto, type TensorProto } from "../onnx/schema.ts";

/** A node as other exporters write it; `domain:Op` for operations beside the standard ones. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: { readonly [name: string]: AttributeValue } = {},
): NodeProto {
  const [opType = "", domain = ""] = op.split(":").reverse();
  const list = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
  return { name: `/${outputs[0]}`, opType, domain, inputs: [...inputs], outputs: [...outputs], attributes: list };
}

export const ints = (name: string, values: readonly number[], dims: readonly number[] = [values.length]): TensorProto =>
  tensorOf(name, dataTypes.int64, dims, BigInt64Array.from(values, BigInt));
export const floats = (
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorProto => tensorOf(name, dataTypes.float32, dims, Float32Array.from(values));
/** Normal numbers from a stream of the array's own. */
export function drawn(name: string, dims: readonly number[], deviation = 0.5): TensorProto {
  const random = seededRandom(`foreign/${name}`);
  return floats(
    name,
    Array.from({ length: sizeOf(dims) }, () => random.normal() * deviation),
    dims,
  );
}

export interface ForeignOptions {
  readonly opset?: number;
  readonly inputs: {
    readonly [name: string]: readonly [type: keyof typeof dataTypes, ...dims: readonly (number | string)[]];
  };
  readonly initializers?: readonly TensorProto[];
  readonly nodes: readonly NodeProto[];
  readonly outputs: readonly string[];
}

/** An ONNX file as another exporter would write it. */
export function foreignOnnx({ opset = 17, inputs, initializers = [], nodes, outputs }: ForeignOptions): Uint8Array {
  const info = (name: string, type: number, dims: readonly (number | string)[]) => {
    const list = dims.map((dim) => (typeof dim === "number" ? { value: dim, name: "" } : { value: 0, name: dim }));
    return { name, type: { tensorType: { elementType: type, shape: { dims: list } } } };
  };
  const contrib = nodes.some(({ domain }) => domain !== "") ? [{ domain: "com.microsoft", version: 1 }] : [];
  return writeOnnx({
    irVersion: 8,
    producerName: "another exporter",
    producerVersion: "",
    graph: {
      name: "foreign",
      documentation: "",
      nodes: [...nodes],
      initializers: [...initializers],
      inputs: Object.entries(inputs).map(([name, [type, ...dims]]) => info(name, dataTypes[type], dims)),
      outputs: outputs.map((name) => ({
        name,
        type: { tensorType: { elementType: dataTypes.float32, shape: undefined } },
      })),
    },
    opsets: [{ domain: "", version: opset }, ...contrib],
    metadata: [],
  });
}

/** ids and mask [batch, length] → hidden [batch, length, 8]: one post-norm layer as PyTorch's exporter writes BERT. */
export function bertLike(opset: 11 | 17): Uint8Array {
  const width = 8;
  const dense = (name: string, x: string, from: number, to: number) => ({
    weights: [drawn(`onnx::MatMul_${name}`, [from, to]), drawn(`encoder.layer.0.${name}.bias`, [to])],
    nodes: [
      { ...node("MatMul", [x, `onnx::MatMul_${name}`], [`${name}.product`]), name: `/encoder/layer.0/${name}/MatMul` },
      node("Add", [`encoder.layer.0.${name}.bias`, `${name}.product`], [name]),
    ],
  });
  const heads = (name: string, x: string, permutation: readonly number[]): NodeProto[] => [
    node("Shape", [x], [`${name}.shape`]),
    node("Gather", [`${name}.shape`, "zero"], [`${name}.batch`], { axis: 0 }),
    node("Gather", [`${name}.shape`, "one"], [`${name}.length`], { axis: 0 }),
    ...[`${name}.batch`, `${name}.length`].map((dim) =>
      opset < 13
        ? node("Unsqueeze", [dim], [`${dim}.v`], { axes: [0] })
        : node("Unsqueeze", [dim, "axis0"], [`${dim}.v`]),
    ),
    node("Concat", [`${name}.batch.v`, `${name}.length.v`, "two", "four"], [`${name}.target`], { axis: 0 }),
    node("Reshape", [x, `${name}.target`], [`${name}.split`]),
    node("Transpose", [`${name}.split`], [name], { perm: permutation }),
  ];
  const norm = (name: string, x: string): { weights: TensorProto[]; nodes: NodeProto[] } => ({
    weights: [drawn(`encoder.layer.0.${name}.weight`, [width]), drawn(`encoder.layer.0.${name}.bias`, [width])],
    nodes:
      opset >= 17
        ? [
            node("LayerNormalization", [x, `encoder.layer.0.${name}.weight`, `encoder.layer.0.${name}.bias`], [name], {
              axis: -1,
              epsilon: { float: 1e-12 },
            }),
          ]
        : [
            node("ReduceMean", [x], [`${name}.mean`], { axes: [-1] }),
            node("Sub", [x, `${name}.mean`], [`${name}.centred`]),
            node("Pow", [`${name}.centred`, "two.f"], [`${name}.squares`]),
            node("ReduceMean", [`${name}.squares`], [`${name}.variance`], { axes: [-1] }),
            node("Add", [`${name}.variance`, "epsilon"], [`${name}.safe`]),
            node("Sqrt", [`${name}.safe`], [`${name}.deviation`]),
            node("Div", [`${name}.centred`, `${name}.deviation`], [`${name}.unit`]),
            node("Mul", [`${name}.unit`, `encoder.layer.0.${name}.weight`], [`${name}.scaled`]),
            node("Add", [`${name}.scaled`, `encoder.layer.0.${name}.bias`], [name]),
          ],
  });
  const [query, key, value] = ["query", "key", "value"].map((name) => dense(name, "embedded", width, width));
  const [output, hidden, last] = [
    dense("output", "context", width, width),
    dense("hidden", "attended", width, 12),
    dense("last", "gelu", 12, width),
  ];
  const [first, second] = [norm("attended", "attention.sum"), norm("norm", "feed.sum")];
  const squeeze = (x: string, y: string, axis: number) =>
    opset < 13 ? node("Unsqueeze", [x], [y], { axes: [axis] }) : node("Unsqueeze", [x, `axis${axis}`], [y]);
  return foreignOnnx({
    opset,
    inputs: { input_ids: ["int64", "batch_size", "seq"], attention_mask: ["int64", "batch_size", "mask_seq"] },
    outputs: ["last_hidden_state"],
    initializers: [
      drawn("embeddings.word_embeddings.weight", [20, width]),
      drawn("embeddings.position_embeddings.weight", [10, width]),
      ints("position_ids", [...Array(10).keys()], [1, 10]),
      ints("zero", [0], []),
      ints("one", [1], []),
      ...[0, 1, 2].map((axis) => ints(`axis${axis}`, [axis])),
      ...[
        ["two", 2],
        ["four", 4],
        ["eight", 8],
      ].map(([name, size]) => ints(String(name), [Number(size)])),
      ...[
        ["two.f", 2],
        ["epsilon", 1e-12],
        ["low", -10_000],
        ["one.f", 1],
        ["root", Math.SQRT2],
        ["half", 0.5],
        ["scale", 2],
      ].map(([name, x]) => floats(String(name), [Number(x)], [])),
      ...[query, key, value, output, hidden, last, first, second].flatMap((part) => part?.weights ?? []),
    ],
    nodes: [
      node("Shape", ["input_ids"], ["shape"]),
      node("Gather", ["shape", "one"], ["length"], { axis: 0 }),
      squeeze("length", "length.v", 0),
      node("Slice", ["position_ids", "axis0", "length.v", "axis1"], ["places"]),
      node("Gather", ["embeddings.word_embeddings.weight", "input_ids"], ["words"]),
      node("Gather", ["embeddings.position_embeddings.weight", "places"], ["positions"]),
      node("Add", ["words", "positions"], ["embedded"]),
      squeeze("attention_mask", "mask.1", 1),
      squeeze("mask.1", "mask.2", 2),
      node("Cast", ["mask.2"], ["mask.f"], { to: dataTypes.float32 }),
      node("Sub", ["one.f", "mask.f"], ["mask.away"]),
      node("Mul", ["mask.away", "low"], ["mask.bias"]),
      ...[query, key, value].flatMap((part) => part?.nodes ?? []),
      ...heads("q", "query", [0, 2, 1, 3]),
      ...heads("k", "key", [0, 2, 3, 1]),
      ...heads("v", "value", [0, 2, 1, 3]),
      node("MatMul", ["q", "k"], ["scores.raw"]),
      node("Div", ["scores.raw", "scale"], ["scores.scaled"]),
      node("Add", ["scores.scaled", "mask.bias"], ["scores"]),
      node("Softmax", ["scores"], ["probabilities"], { axis: 3 }),
      node("MatMul", ["probabilities", "v"], ["heads"]),
      node("Transpose", ["heads"], ["joined"], { perm: [0, 2, 1, 3] }),
      node("Concat", ["q.batch.v", "q.length.v", "eight"], ["context.target"], { axis: 0 }),
      node("Reshape", ["joined", "context.target"], ["context"]),
      ...output.nodes,
      node("Add", ["output", "embedded"], ["attention.sum"]),
      ...first.nodes,
      ...hidden.nodes,
      node("Div", ["hidden", "root"], ["erf.in"]),
      node("Erf", ["erf.in"], ["erf"]),
      node("Add", ["erf", "one.f"], ["erf.plus"]),
      node("Mul", ["hidden", "erf.plus"], ["erf.times"]),
      node("Mul", ["erf.times", "half"], ["gelu"]),
      ...last.nodes,
      node("Add", ["last", "attended"], ["feed.sum"]),
      ...second.nodes,
      node("Identity", ["norm"], ["last_hidden_state"]),
    ],
  });
}

/** ids and mask int32 [batch, length] → [batch, length, 8]: a layer as ONNX Runtime's optimizer fuses BERT's. */
export function fusedBert(causal: boolean): Uint8Array {
  return foreignOnnx({
    inputs: { input_ids: ["int32", "b", "l"], attention_mask: ["int32", "b", "l"] },
    initializers: [
      drawn("words", [20, 8]),
      drawn("places", [10, 8]),
      drawn("scale", [8]),
      drawn("shift", [8]),
      drawn("qkv", [8, 24]),
      drawn("qkv.bias", [24]),
      drawn("out", [8, 8]),
      drawn("out.bias", [8]),
    ],
    nodes: [
      node(
        "com.microsoft:EmbedLayerNormalization",
        ["input_ids", "", "words", "places", "", "scale", "shift", "attention_mask"],
        ["e", "lengths"],
        { epsilon: { float: 1e-6 } },
      ),
      node("com.microsoft:Attention", ["e", "qkv", "qkv.bias", causal ? "attention_mask" : "lengths"], ["a"], {
        num_heads: 2,
        ...(causal ? { unidirectional: 1 } : {}),
      }),
      node("MatMul", ["a", "out"], ["o"]),
      node("com.microsoft:SkipLayerNormalization", ["o", "e", "scale", "shift", "out.bias"], ["y"], {
        epsilon: { float: 1e-6 },
      }),
    ],
    outputs: ["y"],
  });
}

/** One foreign graph from x [n, m, 4] to y. */
export const simpleOnnx = (
  nodes: ForeignOptions["nodes"],
  initializers: ForeignOptions["initializers"] = [],
  opset = 17,
): Uint8Array => foreignOnnx({ opset, inputs: { x: ["float32", "n", "m", 4] }, initializers, nodes, outputs: ["y"] });
