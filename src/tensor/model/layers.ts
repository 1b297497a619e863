import { invariant } from "../../kernel/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { glorot, he, type Initializer, zeros } from "./initializers.ts";
import type { Scope, TableOptions } from "./model.ts";

export type Activation = "none" | "relu" | "leakyRelu" | "silu" | "gelu" | "tanh" | "sigmoid";

const activations: { readonly [A in Activation]: (x: Tensor) => Tensor } = {
  none: (x) => x,
  relu: (x) => x.relu(),
  leakyRelu: (x) => x.leakyRelu(),
  silu: (x) => x.silu(),
  gelu: (x) => x.gelu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
};

export const activate = (x: Tensor, activation: Activation): Tensor => activations[activation](x);

/** He before activations that halve the variance, else Glorot. */
export const initialFor = (activation: Activation): Initializer =>
  activation === "none" || activation === "tanh" || activation === "sigmoid" ? glorot : he;

export interface DenseOptions {
  readonly units: number;
  readonly activation?: Activation;
  /** Default He before relu and its kind, else Glorot. */
  readonly initial?: Initializer;
  readonly bias?: boolean;
}

/** activation(x · kernel + bias): [..., n] → [..., units]. Parameters `name.kernel` [n, units] and `name.bias` [units]. */
export function dense(scope: Scope, name: string, x: Tensor, options: DenseOptions): Tensor {
  const { units, activation = "none", bias = true } = options;
  const { initial = initialFor(activation) } = options;
  const kernel = scope.parameter(`${name}.kernel`, [x.dim(-1), units], { initial });
  // While training all rows are one matrix, so that product, bias and relu are one node of the runtime.
  const flat = scope.mode !== "export" && x.rank > 2;
  const product = (flat ? x.flattenRows() : x).matmul(kernel);
  const biased = bias ? product.add(scope.parameter(`${name}.bias`, [units], { initial: zeros })) : product;
  return activate(biased, activation).reshape([...x.shape.slice(0, -1), units], x);
}

/**
 * In training, zeroes elements at random with probability `rate` and scales the others by 1 / (1 - rate), so that the
 * expected value stays (Srivastava et al. 2014); elsewhere x itself.
 */
export function dropout(scope: Scope, name: string, x: Tensor, rate: number): Tensor {
  return scope.mode === "train" && rate > 0 ? x.mul(scope.mask(name, x.shape, rate)) : x;
}

export interface EmbeddingBagOptions extends TableOptions {
  /** Names of the exported graph's inputs. Default `ids` int64 [batch, length] and `weights` float32 [batch, length]. */
  readonly inputs?: { readonly ids: string; readonly weights: string };
}

/**
 * Weighted sum of a table's rows for each example → [batch, width]. While training, the batch's distinct rows
 * [touched, width] are fed beside a weight matrix [batch, touched], so that forward and backward are small matrix
 * products and only touched rows are updated. The exported graph gathers rows by padded ids; padding has weight 0.
 */
export function embeddingBag(scope: Scope, name: string, options: EmbeddingBagOptions): Tensor {
  if (scope.mode !== "export") {
    const { rows, weights } = scope.touchedRows(name, options);
    return weights.matmul(rows);
  }
  const { ids: idsName, weights: weightsName } = options.inputs ?? { ids: "ids", weights: "weights" };
  const table = scope.table(name, options);
  const ids = scope.input(idsName, ["batch", "length"], { type: "int64" });
  const weights = scope.input(weightsName, ["batch", "length"]);
  const rows = table.gatherRows(ids); //                              [batch, length, width]
  const sums = weights.reshape(["batch", 1, "length"]).matmul(rows); // [batch, 1, width]
  return sums.reshape(["batch", options.width]);
}

export interface MlpOptions {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly units: number;
  readonly activation?: Activation;
  /** Dropout after each hidden layer. */
  readonly dropout?: number;
}

/** Dense layers `name.0`, `name.1`, … with an activation between them and none after the last. */
export function mlp(scope: Scope, name: string, x: Tensor, options: MlpOptions): Tensor {
  const { hidden, units, activation = "relu", dropout: rate = 0 } = options;
  invariant(units > 0, "a layer has units");
  let h = x;
  for (const [i, width] of hidden.entries()) {
    h = dense(scope, `${name}.${i}`, h, { units: width, activation });
    h = dropout(scope, `${name}.${i}.dropout`, h, rate);
  }
  return dense(scope, `${name}.${hidden.length}`, h, { units });
}
