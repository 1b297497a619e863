import { conv, type ConvOptions, type PerAxis } from "../graph/convolution.ts";
import { productDim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Initializer, zeros } from "./initializers.ts";
import { activate, type Activation, initialFor } from "./layers.ts";
import type { Scope } from "./model.ts";

export interface ConvLayerOptions extends ConvOptions {
  readonly filters: number;
  /** Sizes of the kernel. */
  readonly kernel: PerAxis;
  readonly activation?: Activation;
  /** Default He before relu and its kind, else Glorot. */
  readonly initial?: Initializer;
  readonly bias?: boolean;
}

/**
 * activation(kernel * x + bias) over one axis: x [batch, channels, length] → [batch, filters, places]. Parameters
 * `name.kernel` [filters, channels / groups, size] and `name.bias` [filters].
 */
export const conv1d = (scope: Scope, name: string, x: Tensor, options: ConvLayerOptions): Tensor =>
  convolve(scope, name, x, options, 1);

/**
 * activation(kernel * x + bias) over two axes: x [batch, channels, height, width] → [batch, filters, rows, columns].
 * Parameters `name.kernel` [filters, channels / groups, height, width] and `name.bias` [filters].
 */
export const conv2d = (scope: Scope, name: string, x: Tensor, options: ConvLayerOptions): Tensor =>
  convolve(scope, name, x, options, 2);

function convolve(scope: Scope, name: string, x: Tensor, options: ConvLayerOptions, axes: number): Tensor {
  const { filters, kernel, activation = "none", bias = true, groups = 1 } = options;
  const { initial = initialFor(activation) } = options;
  const sizes = typeof kernel === "number" ? Array<number>(axes).fill(kernel) : kernel;
  const w = scope.parameter(`${name}.kernel`, [filters, Number(x.dim(1)) / groups, ...sizes], { initial });
  const b = bias ? scope.parameter(`${name}.bias`, [filters], { initial: zeros }) : undefined;
  return activate(conv(x, w, b, options), activation);
}

/** x [batch, ...any] → [batch, n]. */
export const flatten = (x: Tensor): Tensor => x.reshape([x.dim(0), productDim(x.shape.slice(1))]);
