import { productDim, type Shape } from "../graph/shape.ts";
import { layerNorm } from "../graph/normalization.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { known } from "./constants.ts";
import { type ForeignNode, type Imported, isKnown } from "./node.ts";
import type { Rules } from "./rules.ts";

function matmul(node: ForeignNode): Tensor {
  const [x, y] = [node.tensor(0), node.tensor(1)];
  const left = x.rank === 1 ? x.reshape([1, x.dim(0)]) : x;
  const right = y.rank === 1 ? y.reshape([y.dim(0), 1]) : y;
  const product = node.product(left, right, false);
  if (x.rank > 1 && y.rank > 1) return product;
  const dims = product.shape.filter(
    (_, i) => !(x.rank === 1 && i === product.rank - 2) && !(y.rank === 1 && i === product.rank - 1),
  );
  return product.reshape(dims, x);
}

/** α · op(a) · op(b) + β · c. */
function gemm(node: ForeignNode): Tensor {
  const a = node.int("transA", 0) ? node.tensor(0).transpose([1, 0]) : node.tensor(0);
  const scaled = times(node.product(a, node.tensor(1), node.int("transB", 0) === 1), node.float("alpha", 1));
  return node.has(2) ? scaled.add(times(node.tensor(2), node.float("beta", 1))) : scaled;
}

const times = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : x.mul(factor));

function fusedMatmul(node: ForeignNode): Tensor {
  const turned = (x: Tensor, flag: string): Tensor => {
    if (!node.int(flag, 0)) return x;
    const axes = [...x.shape.keys()];
    return x.transpose([...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
  };
  const x = turned(node.tensor(0), "transA");
  return times(node.product(x, node.tensor(1), node.int("transB", 0) === 1), node.float("alpha", 1));
}

/** Before operator set 13, softmax normalizes over all axes from `axis` (default 1) on. */
function softmax(apply: (x: Tensor, axis: number) => Tensor) {
  return (node: ForeignNode): Tensor => {
    const x = node.tensor(0);
    const axis = node.axis(x.rank, node.int("axis", node.version < 13 ? 1 : -1));
    if (node.version >= 13 || axis === x.rank - 1) return apply(x, axis);
    const flat: Shape = [productDim(x.shape.slice(0, axis)), productDim(x.shape.slice(axis))];
    return apply(x.reshape(flat), 1).reshape(x.shape, x);
  };
}

function reduction(apply: (x: Tensor, axes: readonly number[], keep: boolean) => Tensor) {
  return (node: ForeignNode): Imported => {
    const x = node.tensor(0);
    const given = node.axes(1, x.rank);
    const none = given === undefined || given.length === 0;
    if (none && node.int("noop_with_empty_axes", 0)) return x;
    const axes = none ? [...x.shape.keys()] : given;
    const floats = apply(x.cast("float32"), axes, node.int("keepdims", 1) === 1);
    return floats.cast(x.type);
  };
}

function product(node: ForeignNode): Imported {
  const x = node.input(0);
  if (!isKnown(x)) throw node.refusal("multiplies along an axis of data");
  return known(x.type, node.int("keepdims", 1) ? x.shape.map(() => 1) : [], [productDim(x.data)]);
}

function normalized(node: ForeignNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(x.rank, node.int("axis", -1));
  const scale = node.tensor(1);
  const bias = node.has(2) ? node.tensor(2) : constant(0).expandTo(scale.shape, scale);
  return layerNorm(x, scale, bias, { axis, epsilon: node.float("epsilon", 1e-5) });
}

/** x / √(mean of squares + ε) · scale: Zhang and Sennrich 2019, arXiv:1910.07467. */
function rootMeanSquare(node: ForeignNode): Tensor {
  const x = node.tensor(0);
  const axis = node.axis(x.rank, node.int("axis", -1));
  const axes = [...x.shape.keys()].slice(axis);
  return x.div(x.square().mean(axes, true).add(node.float("epsilon", 1e-5)).sqrt()).mul(node.tensor(1));
}

/** Products, softmax, reductions and normalization of foreign graphs. */
export const products: Rules = {
  MatMul: matmul,
  Gemm: gemm,
  "com.microsoft.FusedMatMul": fusedMatmul,
  Softmax: softmax((x, axis) => x.softmax(axis)),
  LogSoftmax: softmax((x, axis) => x.logSoftmax(axis)),
  ReduceSum: reduction((x, axes, keep) => x.sum(axes, keep)),
  ReduceMean: reduction((x, axes, keep) => x.mean(axes, keep)),
  ReduceL2: reduction((x, axes, keep) => x.square().sum(axes, keep).sqrt()),
  ReduceSumSquare: reduction((x, axes, keep) => x.square().sum(axes, keep)),
  ReduceProd: product,
  LayerNormalization: normalized,
  SimplifiedLayerNormalization: rootMeanSquare,
  RMSNormalization: rootMeanSquare,
  LpNormalization: (node) => {
    const x = node.tensor(0);
    if (node.int("p", 2) !== 2) throw node.refusal("normalizes by another norm than the second");
    return x.div(
      x
        .square()
        .sum([node.axis(x.rank, node.int("axis", -1))], true)
        .sqrt()
        .maximum(1e-12),
    );
  },
};
