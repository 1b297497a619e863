import { invariant } from "../../kernel/errors.ts";
import { shapeText, sizeOf } from "./shape.ts";
import { isKind, Tensor } from "./tensor.ts";

/** A number for every spatial axis, or one for all of them. */
export type PerAxis = number | readonly number[];

/** Zeros around the spatial axes: none, so many that a stride of 1 keeps every size, or this many on both sides. */
export type Padding = "valid" | "same" | PerAxis;

export interface ConvOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Default `valid`. With a stride s, `same` gives ⌈size / s⌉ places. */
  readonly padding?: Padding;
  /** Places from one element of the kernel to the next. Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
}

/**
 * x [n, channels, ...space] by w [filters, channels / groups, ...kernel] → [n, filters, ...places], with a bias [filters]
 * if given; over one spatial axis or more. The kernel is not flipped.
 */
export function conv(x: Tensor, w: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  const { stride = 1, padding = "valid", dilation = 1, groups = 1 } = options;
  const kernel = w.shape.slice(2).map(Number);
  const [strides, dilations] = [perAxis(stride, kernel.length), perAxis(dilation, kernel.length)];
  const pads = padsOf(x, kernel, strides, dilations, padding);
  const steps = { strides, dilations, pads, groups };
  return new Tensor("conv", bias ? [x, w, bias] : [x, w], steps);
}

/** Windows of more places than this are not worth a convolution for each. */
const placesMax = 9;

export interface PoolOptions {
  /** Sizes of the window. */
  readonly kernel: PerAxis;
  /** Default the kernel: windows lie side by side. */
  readonly stride?: PerAxis;
  /** Default `valid`. What is added around x never counts. */
  readonly padding?: Padding;
}

/**
 * The largest number of each window: x [n, channels, ...space] → [n, channels, ...places]; of equal ones the first gets the
 * gradient. Over relu, it is the relu of the largest number, and over a convolution one operation with it: both are cheaper.
 */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  if (isKind(x, "relu")) return maxPool(x.inputs[0], options).relu();
  const window = windowOf(x, options);
  const apart =
    window.pads.every((pad) => pad === 0) && window.strides.every((stride, i) => stride === window.kernel[i]);
  const known = x.shape.slice(2).every((dim) => typeof dim === "number");
  if (isKind(x, "conv") && apart && known && sizeOf(window.kernel) <= placesMax) {
    return new Tensor("convMaxPool", x.inputs, { ...x.with, window: window.kernel });
  }
  return new Tensor("maxPool", [x], window).pick(0);
}

/** The mean of each window: x [n, channels, ...space] → [n, channels, ...places]. */
export const averagePool = (x: Tensor, options: PoolOptions): Tensor =>
  new Tensor("averagePool", [x], windowOf(x, options));

/** The mean over all of space: x [n, channels, ...space] → [n, channels]. */
export const globalAveragePool = (x: Tensor): Tensor => x.mean([...x.shape.keys()].slice(2));

function windowOf(x: Tensor, { kernel, stride = kernel, padding = "valid" }: PoolOptions) {
  const sizes = perAxis(kernel, x.rank - 2);
  const strides = perAxis(stride, sizes.length);
  const ones = sizes.map(() => 1);
  return { kernel: sizes, strides, pads: padsOf(x, sizes, strides, ones, padding) };
}

function perAxis(value: PerAxis, axes: number): readonly number[] {
  if (typeof value === "number") return Array<number>(axes).fill(value);
  invariant(value.length === axes, `a number for each of ${axes} axes, not ${shapeText(value)}`);
  return value;
}

/** Where `same` needs an odd number of zeros, the last is at the end. */
function padsOf(
  x: Tensor,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
): number[] {
  if (padding === "valid") return Array<number>(2 * kernel.length).fill(0);
  if (padding !== "same") {
    const pads = perAxis(padding, kernel.length);
    return [...pads, ...pads];
  }
  const totals = kernel.map((size, i) => {
    const [dim, stride, span] = [x.dim(2 + i), strides[i] ?? 1, (dilations[i] ?? 1) * (size - 1) + 1];
    if (typeof dim === "string") return span - 1;
    return Math.max(0, (Math.ceil(dim / stride) - 1) * stride + span - dim);
  });
  return [...totals.map((total) => Math.floor(total / 2)), ...totals.map((total) => Math.ceil(total / 2))];
}
