import { invariant } from "../../kernel/errors.ts";
import { constant, make, type Tensor } from "../graph/tensor.ts";
import { glorot } from "./initializers.ts";
import { dense, dropout } from "./layers.ts";
import type { Scope } from "./model.ts";

/** Added to what must not be looked at: its weight after softmax is exactly 0. */
const blocked = -1e9;

export interface MaskOptions {
  /** Whether a position sees itself and earlier ones only. Default false. */
  readonly causal?: boolean;
  /** int32 [batch]: how many keys of each example count; the others are padding. Default: all of them. */
  readonly lengths?: Tensor;
  /** Conditions (bool) that broadcast to [batch, heads, queries, keys]: where it is false, nothing is seen. */
  readonly mask?: Tensor;
}

/**
 * softmax(q kᵀ / √width) v over the last two axes, [batch, heads, length, width] each (Vaswani et al. 2017,
 * arXiv:1706.03762). With `causal` the last query stands at the last key. `drop` is applied to the weights.
 */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: MaskOptions & { readonly drop?: (weights: Tensor) => Tensor } = {},
): Tensor {
  const scores = q.matmul(k, { transposeY: true }).mul(1 / Math.sqrt(Number(q.dim(-1)))); // [batch, heads, queries, keys]
  const bias = biasOf(q, k, options);
  const weights = (bias ? scores.add(bias) : scores).softmax();
  return (options.drop ? options.drop(weights) : weights).matmul(v);
}

/** 0 where a query may look at a key, else `blocked`; broadcasts to [batch, heads, queries, keys]. */
function biasOf(q: Tensor, k: Tensor, { causal = false, lengths, mask }: MaskOptions): Tensor | undefined {
  const keys = k.positions(2).cast("float32"); // [keys]
  const conditions: Tensor[] = [];
  if (causal) {
    const behind = k.count([2]).sub(q.count([2])); // keys that precede the first query
    const queries = q.positions(2).cast("float32").add(behind);
    conditions.push(keys.lessOrEqual(queries.reshape([q.dim(2), 1]))); // [queries, keys]
  }
  if (lengths) conditions.push(keys.less(lengths.cast("float32").reshape([lengths.dim(0), 1, 1, 1])));
  if (mask) conditions.push(mask);
  if (conditions.length === 0) return undefined;
  return conditions.reduce((all, condition) => all.and(condition)).where(constant(0), constant(blocked));
}

/** Keys and values of what a decoder has read: each [batch, heads, past, width / heads]. */
export interface Cache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface AttentionOptions extends MaskOptions {
  readonly heads: number;
  /** Dropout on the attention weights. */
  readonly dropout?: number;
  /** [batch, other, n]: keys and values are made from it in place of x (cross-attention). */
  readonly memory?: Tensor;
}

/**
 * Attention with several heads over x [batch, length, width] → the same shape. Parameters `name.query`, `name.key`,
 * `name.value` and `name.output`, each a dense layer without activation.
 */
export function multiHeadAttention(scope: Scope, name: string, x: Tensor, options: AttentionOptions): Tensor {
  return attention(scope, name, x, options).y;
}

/** The same for x that continues what `past` holds; `present` holds both. For graphs that are exported. */
export function multiHeadAttentionFrom(
  scope: Scope,
  name: string,
  x: Tensor,
  options: Omit<AttentionOptions, "memory"> & { readonly past: Cache },
): { readonly y: Tensor; readonly present: Cache } {
  return attention(scope, name, x, options);
}

function attention(
  scope: Scope,
  name: string,
  x: Tensor,
  { heads, dropout: rate = 0, memory = x, past, ...masks }: AttentionOptions & { readonly past?: Cache },
): { readonly y: Tensor; readonly present: Cache } {
  const width = Number(x.dim(-1));
  invariant(x.rank === 3 && width % heads === 0, `${heads} heads share a width of ${width}`);
  const project = (part: string, from: Tensor): Tensor => {
    const all = dense(scope, `${name}.${part}`, from, { units: width, initial: glorot });
    return all.reshape([from.dim(0), from.dim(1), heads, width / heads]).transpose([0, 2, 1, 3]); // [batch, heads, ...]
  };
  const q = project("query", x);
  const fresh = { keys: project("key", memory), values: project("value", memory) };
  const present = past ? { keys: appended(past.keys, fresh.keys), values: appended(past.values, fresh.values) } : fresh;
  const drop = (weights: Tensor): Tensor => dropout(scope, `${name}.dropout`, weights, rate);
  const heard = attend(q, present.keys, present.values, { ...masks, drop }).transpose([0, 2, 1, 3]); // [batch, length, heads, ...]
  const y = dense(scope, `${name}.output`, heard.reshape(x.shape), { units: width, initial: glorot });
  return { y, present };
}

const appended = (past: Tensor, x: Tensor): Tensor => make("append", [past, x], { axis: 2 });
