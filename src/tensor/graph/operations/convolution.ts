import { invariant } from "../../../kernel/errors.ts";
import type { Attributes, Emitter } from "../emitter.ts";
import { type Dim, sameShape, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Operation } from "./operation.ts";
import { areFloats, floats, isStatic } from "./rule-parts.ts";

/** How a kernel moves over the spatial axes. */
export interface Steps {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros around x: before each spatial axis, then after each. */
  readonly pads: readonly number[];
  /** Groups of channels that see each other only. */
  readonly groups: number;
}

/**
 * Convolution is linear in x and in w, so it and its two gradients are each other's gradients. Shapes: x [n, channels,
 * ...space], w [filters, channels / groups, ...kernel], y and g [n, filters, ...places].
 */
export interface ConvolutionOperations {
  /** x, w and, if any, a bias [filters]. */
  readonly conv: Operation<readonly [Tensor, Tensor] | readonly [Tensor, Tensor, Tensor], Steps>;
  /** g, w, and x for its shape → d loss / d x. */
  readonly convInput: Operation<readonly [Tensor, Tensor, Tensor], Steps>;
  /** x, g, and w for its shape → d loss / d w. */
  readonly convWeights: Operation<readonly [Tensor, Tensor, Tensor], Steps>;
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

function outputShape(x: Tensor, w: Tensor, steps: Steps): Shape {
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

const attributes = ({ strides, dilations, pads, groups }: Steps): Attributes => ({
  strides,
  dilations,
  pads,
  group: groups,
});
const spaceAxes = ({ rank }: Tensor): number[] => [...Array(rank).keys()].slice(2);

/** ConvTranspose leaves out what the windows did not reach at the end of x. */
function unreached(x: Tensor, g: Tensor, kernel: readonly number[], { strides, dilations, pads }: Steps): number[] {
  const axes = kernel.length;
  return kernel.map((size, i) => {
    const [space, count] = [x.dim(2 + i), g.dim(2 + i)];
    if (typeof space === "string") return 0; // windows at every place reach all of it
    const [stride, padding] = [strides[i] ?? 1, (pads[i] ?? 0) + (pads[axes + i] ?? 0)];
    return space + padding - ((Number(count) - 1) * stride + (dilations[i] ?? 1) * (size - 1) + 1);
  });
}

/** [n, groups · c, ...space] → [c, groups · n, ...space], which makes the sum over examples a sum over channels. */
function emitSwapped(x: Tensor, name: string, groups: number, emit: Emitter): string {
  const rest = x.shape.slice(2);
  const spatial = [...rest.keys()];
  if (groups === 1) return emit.node("Transpose", [name], { perm: [1, 0, ...spatial.map((i) => i + 2)] });
  invariant(isStatic(rest), "convolutions in groups have known sizes");
  const channels = Number(x.dim(1)) / groups;
  const split = emit.node("Reshape", [name, emit.ints([-1, groups, channels, ...rest])]);
  const turned = emit.node("Transpose", [split], { perm: [2, 1, 0, ...spatial.map((i) => i + 3)] });
  return emit.node("Reshape", [turned, emit.ints([channels, -1, ...rest])]);
}

export const convolution: Family<ConvolutionOperations> = {
  conv: {
    shape: ([x, w, bias], steps) => {
      areFloats(x, w);
      if (bias) invariant(sameShape(bias.shape, [w.dim(0)]), `a bias for each filter, not ${shapeText(bias.shape)}`);
      return floats(outputShape(x, w, steps));
    },
    emit: (y, inputs, emit) => emit.node("Conv", inputs, attributes(y.with)),
    gradient: ({ inputs: [x, w, bias], with: steps }, g, make) => {
      const [dx, dw] = [make("convInput", [g, w, x], steps), make("convWeights", [x, g, w], steps)];
      return bias ? [dx, dw, g.sum([0, ...spaceAxes(g)])] : [dx, dw];
    },
  },
  convInput: {
    shape: ([g, w, x], steps) => {
      invariant(
        sameShape(g.shape, outputShape(x, w, steps)),
        `${shapeText(g.shape)} is what ${shapeText(x.shape)} gave`,
      );
      return floats(x.shape);
    },
    emit: ({ inputs: [g, w, x], with: steps }, [gName, wName], emit) => {
      const rest = unreached(x, g, w.shape.slice(2).map(Number), steps);
      return emit.node("ConvTranspose", [gName, wName], { ...attributes(steps), output_padding: rest });
    },
    gradient: ({ inputs: [g, w], with: steps }, u, make) => [
      make("conv", [u, w], steps),
      make("convWeights", [u, g, w], steps),
      null,
    ],
  },
  convWeights: {
    shape: ([x, g, w], steps) => {
      invariant(
        sameShape(g.shape, outputShape(x, w, steps)),
        `${shapeText(g.shape)} is what ${shapeText(x.shape)} gave`,
      );
      return floats(w.shape);
    },
    emit: ({ inputs: [x, , w], with: steps }, [xName, gName], emit) => {
      // dw[o, c] = Σ over n and places of g[n, o] · x[n, c]: a convolution of x by g, where n plays the channel
      const { groups, strides, dilations, pads } = steps;
      const spatial = spaceAxes(w);
      const [xs, gs] = [
        emitSwapped(x, xName, groups, emit),
        emit.node("Transpose", [gName], { perm: [1, 0, ...spatial] }),
      ];
      const wide = emit.node("Conv", [xs, gs], { strides: dilations, dilations: strides, pads, group: groups });
      const turned = emit.node("Transpose", [wide], { perm: [1, 0, ...spatial] }); // [filters, channels / groups, ...]
      if (spatial.every((axis) => typeof x.dim(axis) === "string")) return turned;
      const kernel = spatial.map((axis) => Number(w.dim(axis)));
      return emit.node("Slice", [turned, emit.ints(kernel.map(() => 0)), emit.ints(kernel), emit.ints(spatial)]);
    },
    gradient: ({ inputs: [x, g], with: steps }, u, make) => [
      make("convInput", [g, u, x], steps),
      make("conv", [x, u], steps),
      null,
    ],
  },
};
