import type { Emitter } from "../emitter.ts";
import type { Dim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { addedOf, croppedOf, indices, spaceAxes, type Steps } from "./conv-geometry.ts";
import { swapLast } from "./rule-parts.ts";

/** Beyond every axis: a slice ends with it. */
const end = 2 ** 31 - 1;
/** With fewer channels than this, a product for each element of the kernel is too narrow to be fast. */
const channelsMin = 16;

/**
 * d loss / d w as matrix products: dw[o, c, k] = Σ over n and places p of g[n, o, p] · x[n, c, p · stride + k · dilation -
 * pad]. With channels in front, what one element k of the kernel sees is a slice of x, and the sum a product of matrices
 * [filters, n · places] and [channels, n · places]ᵀ. For strides above 1, x is first split by the remainder of its
 * places, so that every slice is a run of neighbours; convolutions of the same x by different phases share the slices.
 */
export function emitConvWeights(
  [x, g, w]: readonly [Tensor, Tensor, Tensor],
  steps: Steps,
  [xName, gName]: readonly [string, string, ...unknown[]],
  emit: Emitter,
): string {
  const { groups } = steps;
  const [filters, channels] = [Number(w.dim(0)), Number(w.dim(1))];
  const kernel = w.shape.slice(2).map(Number);
  const rows = (name: string, count: number): string =>
    emit.node("Reshape", [name, emit.ints(groups === 1 ? [count, -1] : [groups, count / groups, -1])]);
  const turned = emit.node("Transpose", [gName], { perm: [1, 0, ...spaceAxes(g)] });
  const left = rows(turned, filters); //                                                     [filters, n · places]
  const seen = seenByTap(x, g, w, steps, xName, emit);
  const taps = indices(kernel).map((tap) => rows(seen(tap), channels * groups)); //          [channels, n · places] each
  if (groups === 1 && channels < channelsMin && taps.length > 1) {
    const product = emit.node("Gemm", [left, emit.node("Concat", taps, { axis: 0 })], { transB: 1 });
    const split = emit.node("Reshape", [product, emit.ints([filters, taps.length, channels])]);
    return emit.node("Reshape", [emit.node("Transpose", [split], { perm: [0, 2, 1] }), emit.ints(w.shape.map(Number))]);
  }
  const products = taps.map((right) => {
    if (groups === 1) return emit.node("Gemm", [left, right], { transB: 1 });
    const product = emit.node("MatMul", [left, emit.node("Transpose", [right], { perm: swapLast(3) })]);
    return emit.node("Reshape", [product, emit.ints([filters, channels])]);
  });
  const stacked = products.length === 1 ? products : [emit.node("Concat", products, { axis: 0 })];
  const byTap = emit.node("Reshape", [...stacked, emit.ints([taps.length, filters * channels])]);
  return emit.node("Reshape", [emit.node("Transpose", [byTap], { perm: [1, 0] }), emit.ints(w.shape.map(Number))]);
}

/** For an index into the kernel, what it sees of x at every place: [channels, n, ...places]. */
function seenByTap(
  x: Tensor,
  g: Tensor,
  w: Tensor,
  { strides, dilations, pads }: Steps,
  xName: string,
  emit: Emitter,
): (tap: readonly number[]) => string {
  const axes = spaceAxes(x);
  const [added, cropped] = [addedOf(pads), croppedOf(pads)];
  const front = emit.node("Transpose", [xName], { perm: [1, 0, ...axes] });
  const [before, after] = [added.slice(0, axes.length), added.slice(axes.length)];
  const padded = added.some((pad) => pad > 0)
    ? emit.node("Pad", [front, emit.ints([0, 0, ...before, 0, 0, ...after])])
    : front;
  const sizes = axes.map((axis, i): Dim => {
    const dim = x.dim(axis);
    return typeof dim === "number" ? dim + (before[i] ?? 0) + (after[i] ?? 0) : dim;
  });
  return (tap) => {
    const offsets = tap.map((k, i) => k * (dilations[i] ?? 1) + (cropped[i] ?? 0));
    const remainders = offsets.map((offset, i) => offset % (strides[i] ?? 1));
    const plane = strides.every((stride) => stride === 1)
      ? padded
      : emit.node("Slice", [padded, remainders, axes.map(() => end), axes, strides].map(asInts(emit)));
    const starts = offsets.map((offset, i) => Math.floor(offset / (strides[i] ?? 1)));
    const ends = axes.map((axis, i) => {
      const count = g.dim(axis);
      if (typeof count === "number") return (starts[i] ?? 0) + count;
      const left = (dilations[i] ?? 1) * (Number(w.dim(axis)) - 1) - (offsets[i] ?? 0);
      return left === 0 ? end : -left; // an axis of unknown size keeps it: stride 1, padding "same"
    });
    const whole = axes.every((_, i) => {
      const [size, stride] = [sizes[i], strides[i] ?? 1];
      return (
        starts[i] === 0 && typeof size === "number" && Math.ceil((size - (remainders[i] ?? 0)) / stride) === ends[i]
      );
    });
    return whole ? plane : emit.node("Slice", [plane, starts, ends, axes].map(asInts(emit)));
  };
}

const asInts =
  (emit: Emitter) =>
  (value: string | readonly number[]): string =>
    typeof value === "string" ? value : emit.ints(value);
