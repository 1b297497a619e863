import { layerNorm } from "../graph/normalization.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { tanhGelu } from "./arithmetic.ts";
import type { ForeignNode, Imported } from "./node.ts";
import type { Rules } from "./rules.ts";

/** Default ε of the runtime's fused normalizations. */
const epsilon = 1e-12;

const normal = (node: ForeignNode, x: Tensor, scale: Tensor, bias: Tensor | undefined): Tensor =>
  layerNorm(x, scale, bias ?? constant(0).expandTo(scale.shape, scale), { epsilon: node.float("epsilon", epsilon) });

const plus = (x: Tensor, bias: Tensor | undefined): Tensor => (bias ? x.add(bias) : x);
const maybe = (node: ForeignNode, i: number): Tensor | undefined => (node.has(i) ? node.tensor(i) : undefined);

/** input, skip, scale, bias?, added bias? → the norm of the sum; mean and deviation (unused); the sum. */
function skipLayerNorm(node: ForeignNode): Imported[] {
  const sum = plus(node.tensor(0).add(node.tensor(1)), maybe(node, 4));
  const y = normal(node, sum, node.tensor(2), maybe(node, 3));
  return [y, sum.mean([-1], true), sum.mean([-1], true), sum];
}

/** ids, segments?, words, positions, segment table?, scale, bias, mask?, position ids? → norm, mask's lengths, the sum. */
function embedLayerNorm(node: ForeignNode): Imported[] {
  const ids = node.tensor(0);
  const places = node.has(8) ? node.tensor(8) : ids.positions(1);
  const sum = plus(
    node.tensor(2).gatherRows(ids).add(node.tensor(3).gatherRows(places)),
    node.has(1) && node.has(4) ? node.tensor(4).gatherRows(node.tensor(1)) : undefined,
  );
  const lengths = node.has(7) ? node.tensor(7).cast("float32").sum([1]).cast("int32") : constant(Int32Array.of(0));
  return [normal(node, sum, node.tensor(5), node.tensor(6)), lengths, sum];
}

/**
 * input [batch, length, n], weights [n, 3 w], bias [3 w], mask: [batch, length] of 1 and 0, or lengths [batch] →
 * [batch, length, w].
 */
function attention(node: ForeignNode): Tensor {
  const x = node.tensor(0);
  const heads = node.int("num_heads", 1);
  if (node.has(4) || node.int("do_rotary", 0)) throw node.refusal("reads a past or rotates positions");
  const weights = node.tensor(1);
  const width = Number(weights.dim(1)) / 3;
  const sizes = node.ints("qkv_hidden_sizes") ?? [width, width, width];
  const projected = plus(node.product(x, weights, false), maybe(node, 2));
  const [query, key, value] = projected.split(2, sizes).map((part) => inHeads(part, heads));
  if (!query || !key || !value) throw node.refusal("has no query, key and value");
  return attended(node, query, key, value, node.has(3) ? keyMask(node, node.tensor(3), x) : undefined);
}

/** query, key, value [batch, length, w], bias [3 w]?, key mask?; packed forms are refused. */
function multiHeadAttention(node: ForeignNode): Tensor {
  const heads = node.int("num_heads", 1);
  if (!node.has(1) || !node.has(2) || node.has(5) || node.has(6))
    throw node.refusal("has packed inputs, a past or a bias by position");
  const parts = [node.tensor(0), node.tensor(1), node.tensor(2)];
  const biases = node.has(3)
    ? node.tensor(3).split(
        0,
        parts.map((part) => Number(part.dim(-1))),
      )
    : [];
  const [query, key, value] = parts.map((part, i) => inHeads(plus(part, biases[i]), heads));
  if (!query || !key || !value) throw node.refusal("has no query, key and value");
  return attended(node, query, key, value, node.has(4) ? keyMask(node, node.tensor(4), node.tensor(1)) : undefined);
}

/** [batch, length, w] → [batch, heads, length, w / heads]. */
function inHeads(x: Tensor, heads: number): Tensor {
  return x.reshape([x.dim(0), x.dim(1), heads, Number(x.dim(2)) / heads], x).transpose([0, 2, 1, 3]);
}

/** Softmax of scaled scores over the values, heads joined: Vaswani et al. 2017, arXiv:1706.03762. */
function attended(node: ForeignNode, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | undefined): Tensor {
  const scale = node.float("scale", 0) || 1 / Math.sqrt(Number(query.dim(-1)));
  let scores = query.mul(scale).matmul(key, { transposeY: true }); // [batch, heads, length, length]
  if (mask) scores = scores.add(mask.sub(1).mul(-node.float("mask_filter_value", -10_000)));
  if (node.int("unidirectional", 0)) {
    const size = scores.dim(-1);
    const places = key.positions(2).cast("float32");
    const seen = places.reshape([1, size]).lessOrEqual(places.reshape([size, 1]));
    scores = scores.add(seen.cast("float32").sub(1).mul(1e9));
  }
  const joined = scores.softmax().matmul(value).transpose([0, 2, 1, 3]); // [batch, length, heads, w]
  return joined.reshape([joined.dim(0), joined.dim(1), Number(joined.dim(2)) * Number(joined.dim(3))], joined);
}

/** A mask of 1 and 0 over keys as float32 [batch, 1, 1, length]; x [batch, length, n]. */
function keyMask(node: ForeignNode, mask: Tensor, x: Tensor): Tensor {
  const [batch, length] = [x.dim(0), x.dim(1)];
  if (mask.rank === 2) return mask.cast("float32").reshape([batch, 1, 1, length], x);
  if (mask.rank !== 1) throw node.refusal(`has a mask of ${mask.rank} axes; one and two are read`);
  const places = x.positions(1).cast("float32").reshape([1, length]);
  return places
    .less(mask.cast("float32").reshape([batch, 1]))
    .cast("float32")
    .reshape([batch, 1, 1, length], x);
}

/** What ONNX Runtime's optimizer fuses, taken apart again, so that gradients flow. */
export const fused: Rules = {
  "com.microsoft.Gelu": (node) => node.tensor(0).gelu(),
  "com.microsoft.BiasGelu": (node) => node.tensor(0).add(node.tensor(1)).gelu(),
  "com.microsoft.FastGelu": (node) => tanhGelu(plus(node.tensor(0), maybe(node, 1))),
  "com.microsoft.QuickGelu": (node) => node.tensor(0).mul(node.tensor(0).mul(node.float("alpha", 1.702)).sigmoid()),
  "com.microsoft.SkipLayerNormalization": skipLayerNorm,
  "com.microsoft.EmbedLayerNormalization": embedLayerNorm,
  "com.microsoft.Attention": attention,
  "com.microsoft.MultiHeadAttention": multiHeadAttention,
};
