import {
  batchNorm as batchNormOf,
  batchNormBy,
  groupNorm as groupNormOf,
  layerNorm as layerNormOf,
} from "../graph/normalization.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ones, zeros } from "./initializers.ts";
import type { Scope } from "./model.ts";

export interface LayerNormOptions {
  /** The first of the axes that are normalized together. Default the last axis alone. */
  readonly axis?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalizes x [..., n] to mean 0 and variance 1 along its last axes, then scales and shifts: parameters `name.scale` and
 * `name.bias` [n]. Ba et al. 2016, arXiv:1607.06450.
 */
export function layerNorm(scope: Scope, name: string, x: Tensor, options: LayerNormOptions = {}): Tensor {
  const shape = x.shape.slice(options.axis ?? -1);
  const scale = scope.parameter(`${name}.scale`, shape, { initial: ones, decays: false });
  const bias = scope.parameter(`${name}.bias`, shape, { initial: zeros, decays: false });
  return layerNormOf(x, scale, bias, options);
}

export interface GroupNormOptions {
  /** Of channels, which they divide. */
  readonly groups: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalizes each group of channels of x [batch, channels, ...], then scales and shifts each channel: parameters
 * `name.scale` and `name.bias` [channels]. Independent of the batch. Wu and He 2018, arXiv:1803.08494.
 */
export function groupNorm(scope: Scope, name: string, x: Tensor, options: GroupNormOptions): Tensor {
  const scale = scope.parameter(`${name}.scale`, [x.dim(1)], { initial: ones });
  const bias = scope.parameter(`${name}.bias`, [x.dim(1)], { initial: zeros });
  return groupNormOf(x, scale, bias, options);
}

export interface BatchNormOptions {
  /** How much of the running mean and variance a step keeps. Default 0.9. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Normalizes each channel of x [batch, channels, ...] over all else, then scales and shifts it: parameters `name.scale` and
 * `name.bias` [channels]. Training uses the batch's mean and variance; everything else uses their running means, the
 * statistics `name.mean` and `name.variance` [channels]. Ioffe and Szegedy 2015, arXiv:1502.03167.
 */
export function batchNorm(scope: Scope, name: string, x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { momentum = 0.9, epsilon } = options;
  const shape = [x.dim(1)];
  const scale = scope.parameter(`${name}.scale`, shape, { initial: ones });
  const bias = scope.parameter(`${name}.bias`, shape, { initial: zeros });
  const batch = batchNormOf(x, scale, bias, epsilon);
  const running = (was: Tensor, now: Tensor): Tensor => was.mul(momentum).add(now.mul(1 - momentum));
  const mean = scope.statistic(`${name}.mean`, shape, zeros, (was) => running(was, batch.mean));
  const variance = scope.statistic(`${name}.variance`, shape, ones, (was) => {
    const count = x.count([...x.shape.keys()].filter((axis) => axis !== 1));
    return running(was, batch.variance.mul(count.div(count.sub(1).maximum(1)))); // of all data, not of the batch: n / (n - 1)
  });
  return scope.mode === "train" ? batch.y : batchNormBy(x, scale, bias, mean, variance, epsilon);
}
