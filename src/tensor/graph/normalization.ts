import { invariant } from "../../kernel/errors.ts";
import { axisOf, productDim, shapeText } from "./shape.ts";
import { constant, Tensor } from "./tensor.ts";

const epsilonDefault = 1e-5;

/**
 * Over all axes from `axis` (default the last) on: (x - mean) / √(variance + ε) · scale + bias, with scale and bias of
 * the normalized shape. Ba et al. 2016, arXiv:1607.06450.
 */
export function layerNorm(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  options: { readonly axis?: number; readonly epsilon?: number } = {},
): Tensor {
  const { axis = -1, epsilon = epsilonDefault } = options;
  return new Tensor("layerNorm", [x, scale, bias], { axis: axisOf(axis, x.rank), epsilon }).pick(0);
}

/**
 * Layer norm over groups of channels of x [n, channels, ...] of known sizes; scale and bias [channels]. Wu and He 2018,
 * arXiv:1803.08494.
 */
export function groupNorm(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  options: { readonly groups: number; readonly epsilon?: number },
): Tensor {
  const { groups, epsilon = epsilonDefault } = options;
  const size = Number(productDim(x.shape.slice(1))) / groups;
  invariant(Number(x.dim(1)) % groups === 0, `the channels of ${shapeText(x.shape)} make ${groups} groups`);
  invariant(Number.isInteger(size), `group norm of ${shapeText(x.shape)} knows all sizes but the first`);
  const [ones, zeros] = [constant(new Float32Array(size).fill(1)), constant(new Float32Array(size))];
  const normalized = layerNorm(x.reshape([x.dim(0), groups, size]), ones, zeros, { epsilon }).reshape(x.shape);
  const column = [x.dim(1), ...Array<number>(x.rank - 2).fill(1)];
  return normalized.mul(scale.reshape(column)).add(bias.reshape(column));
}

/**
 * Normalizes each channel of x [n, channels, ...] over all else; scale and bias [channels]. Also gives the batch's mean
 * and variance (divided by the count) [channels]. Ioffe and Szegedy 2015, arXiv:1502.03167.
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  epsilon = epsilonDefault,
): { readonly y: Tensor; readonly mean: Tensor; readonly variance: Tensor } {
  const node = new Tensor("batchNorm", [x, scale, bias], { epsilon });
  return { y: node.pick(0), mean: node.pick(1), variance: node.pick(2) };
}

/** Normalizes each channel of x [n, channels, ...] by a mean and variance that are given; all others [channels]. */
export function batchNormBy(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = epsilonDefault,
): Tensor {
  return new Tensor("batchNormBy", [x, scale, bias, mean, variance], { epsilon });
}
