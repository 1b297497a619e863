import { invariant } from "../../../kernel/errors.ts";
import { sameShape, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Operation, Several } from "./operation.ts";
import { areFloats, floats } from "./rule-parts.ts";

type Three = readonly [Tensor, Tensor, Tensor];
type Five = readonly [Tensor, Tensor, Tensor, Tensor, Tensor];

export interface NormalizationOperations {
  /**
   * Over all axes from `axis` on: x [...rows, ...n], scale [...n], bias [...n] → (x - mean) / √(variance + ε) · scale +
   * bias; also mean and 1 / √(variance + ε), both [...rows, 1...].
   */
  readonly layerNorm: Several<Three, { readonly axis: number; readonly epsilon: number }>;
  /**
   * Over all axes but the second: x [n, channels, ...], scale and bias [channels] → the normalized x, and the batch's
   * mean and variance (divided by the count) [channels].
   */
  readonly batchNorm: Several<Three, { readonly epsilon: number }>;
  /** The same with a mean and a variance that are given: x, scale, bias, mean, variance. */
  readonly batchNormBy: Operation<Five, { readonly epsilon: number }>;
}

/** [channels] as it broadcasts along the second axis of a tensor of this rank: [channels, 1, ...]. */
const column = (channels: Tensor, rank: number): Tensor => channels.reshape([channels.dim(0), ...ones(rank - 2)]);
const ones = (count: number): number[] => Array<number>(count).fill(1);

/** All axes but the second. */
const besideChannels = ({ rank }: Tensor): number[] => [...Array(rank).keys()].filter((axis) => axis !== 1);

function checkChannels([x, ...channels]: readonly [Tensor, ...(readonly Tensor[])]): void {
  areFloats(x, ...channels);
  for (const { shape } of channels) {
    const fits = x.rank >= 2 && sameShape(shape, [x.dim(1)]);
    invariant(fits, `batch norm of ${shapeText(x.shape)} has a number for each channel, not ${shapeText(shape)}`);
  }
}

const sumOf = (parts: readonly Tensor[]): Tensor => parts.reduce((sum, part) => sum.add(part));

export const normalization: Family<NormalizationOperations> = {
  layerNorm: {
    shape: ([x, scale, bias], { axis }) => {
      areFloats(x, scale, bias);
      const fits = sameShape(scale.shape, x.shape.slice(axis)) && sameShape(bias.shape, scale.shape);
      invariant(fits, `layer norm of ${shapeText(x.shape)} from axis ${axis} on has scale and bias of that shape`);
      const rows: Shape = x.shape.map((dim, i) => (i < axis ? dim : 1));
      return [floats(x.shape), floats(rows), floats(rows)];
    },
    emit: (y, inputs, emit) => {
      const { axis, epsilon } = y.with;
      const outputs = emit.wants(y, 1) || emit.wants(y, 2) ? 3 : 1;
      return emit.nodes("LayerNormalization", inputs, outputs, { axis, epsilon: { float: epsilon } });
    },
    gradient: (y, [dy, dMean, dInverse]) => {
      const { axis } = y.with;
      const [x, scale] = y.inputs;
      const axes = [...x.shape.keys()];
      const [rows, normalized] = [axes.slice(0, axis), axes.slice(axis)];
      const [mean, inverse] = [y.pick(1), y.pick(2)];
      const n = x.sub(mean).mul(inverse);
      const parts: Tensor[] = [];
      if (dy) {
        const dn = dy.mul(scale); // dx = (dn - mean dn - n · mean (n · dn)) / deviation
        const flat = dn.sub(dn.mean(normalized, true)).sub(n.mul(dn.mul(n).mean(normalized, true)));
        parts.push(flat.mul(inverse));
      }
      const count = x.count(normalized);
      if (dMean) parts.push(dMean.div(count).expand(x)); //                              d mean = mean dx
      if (dInverse) parts.push(n.mul(dInverse.mul(inverse.square()).div(count).neg())); // d σ⁻¹ = -σ⁻² · mean (n · dx)
      const sum = (g: Tensor): Tensor => g.sum(rows).reshape(scale.shape);
      return dy ? [sumOf(parts), sum(dy.mul(n)), sum(dy)] : [sumOf(parts), null, null];
    },
  },
  batchNorm: {
    shape: (inputs) => {
      checkChannels(inputs);
      const [x, scale] = inputs;
      return [floats(x.shape), floats(scale.shape), floats(scale.shape)];
    },
    emit: (y, [x, scale, bias], emit) => {
      // Not the node's training mode: that writes mean and variance over its fourth and fifth input.
      const { rank } = y.inputs[0];
      const axes = emit.ints(besideChannels(y.inputs[0]));
      const flat = (name: string): string => emit.node("Reshape", [name, emit.ints([-1])]);
      const columnOf = (name: string): string => emit.node("Reshape", [name, emit.ints([-1, ...ones(rank - 2)])]);
      const mean = emit.node("ReduceMean", [x, axes], { keepdims: 1 }); // [1, channels, 1...]
      const centred = emit.node("Sub", [x, mean]);
      const variance = emit.node("ReduceMean", [emit.node("Mul", [centred, centred]), axes], { keepdims: 1 });
      const deviation = emit.node("Sqrt", [emit.node("Add", [variance, emit.scalar(y.with.epsilon)])]);
      const slope = emit.node("Div", [columnOf(scale), deviation]);
      const value = emit.node("Add", [emit.node("Mul", [centred, slope]), columnOf(bias)]);
      return [value, flat(mean), flat(variance)];
    },
    gradient: (y, [dy, dMean, dVariance]) => {
      const [x, scale] = y.inputs;
      const axes = besideChannels(x);
      const count = x.count(axes);
      const centred = x.sub(column(y.pick(1), x.rank));
      const inverse = y.pick(2).add(y.with.epsilon).pow(-0.5); // [channels]
      const parts: Tensor[] = [];
      if (dMean) parts.push(column(dMean.div(count), x.rank).expand(x)); //            d mean = mean dx
      if (dVariance) parts.push(centred.mul(column(dVariance.div(count).mul(2), x.rank))); // d variance = 2 mean (centred · dx)
      if (!dy) return [sumOf(parts), null, null];
      const dBias = dy.sum(axes);
      const dScale = dy.mul(centred).sum(axes).mul(inverse);
      // dx = scale / deviation · (dy - mean dy - n · mean (n · dy)), with n = centred / deviation
      const slope = scale.mul(inverse);
      const level = slope.mul(dBias).div(count);
      const along = slope.mul(dScale).mul(inverse).div(count);
      const flat = dy
        .mul(column(slope, x.rank))
        .sub(centred.mul(column(along, x.rank)))
        .sub(column(level, x.rank));
      return [sumOf([flat, ...parts]), dScale, dBias];
    },
  },
  batchNormBy: {
    shape: (inputs) => {
      checkChannels(inputs);
      return floats(inputs[0].shape);
    },
    emit: (y, inputs, emit) => emit.node("BatchNormalization", inputs, { epsilon: { float: y.with.epsilon } }),
    gradient: (y, g) => {
      const [x, scale, , mean, variance] = y.inputs;
      const axes = besideChannels(x);
      const inverse = variance.add(y.with.epsilon).pow(-0.5);
      const slope = scale.mul(inverse);
      const dBias = g.sum(axes);
      const along = g.mul(x.sub(column(mean, x.rank))).sum(axes); // [channels]
      return [
        g.mul(column(slope, x.rank)),
        along.mul(inverse),
        dBias,
        slope.mul(dBias).neg(),
        along.mul(slope).mul(inverse.square()).mul(-0.5),
      ];
    },
  },
};
