import { invariant } from "../../../kernel/errors.ts";
import { type Dim, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { isStatic } from "./rule-parts.ts";

/** How a kernel moves over the spatial axes. */
export interface Steps {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros around x: before each spatial axis, then after each. Below zero, so much of x is not seen. */
  readonly pads: readonly number[];
  /** Groups of channels that see each other only. */
  readonly groups: number;
}

/** How many places a window of `size` takes along one axis, or the name of that number. */
function places(dim: Dim, size: number, stride: number, padding: number): Dim {
  if (typeof dim === "number") return Math.floor((dim + padding - size) / stride) + 1;
  invariant(
    stride === 1 && padding === size - 1,
    `a window keeps the size of the axis "${dim}": stride 1, padding "same"`,
  );
  return dim;
}

/** The spatial shape after a window of this kernel moved over `space`. */
export function placesOf(space: Shape, kernel: readonly number[], steps: Omit<Steps, "groups">): Shape {
  const { strides, dilations, pads } = steps;
  const axes = space.length;
  invariant(strides.length === axes && dilations.length === axes && pads.length === 2 * axes, "a step for each axis");
  const result = space.map((dim, i) => {
    const size = (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1;
    return places(dim, size, strides[i] ?? 1, (pads[i] ?? 0) + (pads[axes + i] ?? 0));
  });
  const fits = result.every((count) => typeof count === "string" || count > 0);
  invariant(fits, `a kernel ${shapeText(kernel)} fits into ${shapeText(space)}`);
  return result;
}

export function outputShape(x: Tensor, w: Tensor, steps: Steps): Shape {
  const kernel = w.shape.slice(2);
  invariant(
    x.rank >= 3 && w.rank === x.rank && isStatic(kernel),
    `${shapeText(x.shape)} and ${shapeText(w.shape)} convolve`,
  );
  const [channels, filters] = [Number(x.dim(1)), Number(w.dim(0))];
  const grouped = channels === Number(w.dim(1)) * steps.groups && filters % steps.groups === 0;
  invariant(grouped, `${channels} channels and ${filters} filters make ${steps.groups} groups of ${w.dim(1)} channels`);
  return [x.dim(0), filters, ...placesOf(x.shape.slice(2), kernel, steps)];
}

export const spaceAxes = ({ rank }: Tensor): number[] => [...Array(rank).keys()].slice(2);

/** Zeros to add around x, and what to leave away of it. */
export const addedOf = (pads: readonly number[]): number[] => pads.map((pad) => Math.max(0, pad));
export const croppedOf = (pads: readonly number[]): number[] => pads.map((pad) => Math.max(0, -pad));

/**
 * The steps that compute every `window`-th place only, from the `phase`-th on, `counts` of them along each axis: places
 * phase, phase + window, phase + 2 window, ... of what `steps` compute.
 */
export function phaseSteps(
  space: readonly number[],
  kernel: readonly number[],
  { strides, dilations, pads, groups }: Steps,
  window: readonly number[],
  phase: readonly number[],
  counts: readonly number[],
): Steps {
  const wide = strides.map((stride, i) => stride * (window[i] ?? 1));
  const before = strides.map((stride, i) => (pads[i] ?? 0) - stride * (phase[i] ?? 0));
  const after = space.map((size, i) => {
    const reach = ((counts[i] ?? 1) - 1) * (wide[i] ?? 1) + (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1;
    return reach - size - (before[i] ?? 0);
  });
  return { strides: wide, dilations, pads: [...before, ...after], groups };
}

/** Every index into an array of this shape, the last axis first to change. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (lists, size) => lists.flatMap((list) => Array.from({ length: size }, (_, i) => [...list, i])),
    [[]],
  );
}
