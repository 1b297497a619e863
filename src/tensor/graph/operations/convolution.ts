import { invariant } from "../../../kernel/errors.ts";
import type { Attributes, Emitter } from "../emitter.ts";
import { sameShape, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { addedOf, croppedOf, indices, outputShape, phaseSteps, spaceAxes, type Steps } from "./conv-geometry.ts";
import { emitConvWeights } from "./conv-weights.ts";
import type { Family, Make, Operation } from "./operation.ts";
import { areFloats, floats, isStatic, zero } from "./rule-parts.ts";

/** x, w and, if any, a bias [filters]. */
type Convolved = readonly [Tensor, Tensor] | readonly [Tensor, Tensor, Tensor];
type Pooled = Steps & { readonly window: readonly number[] };

/**
 * Convolution is linear in x and in w, so it and its two gradients are each other's gradients. Shapes: x [n, channels,
 * ...space], w [filters, channels / groups, ...kernel], y and g [n, filters, ...places].
 */
export interface ConvolutionOperations {
  readonly conv: Operation<Convolved, Steps>;
  /** The largest number of each window of a convolution, of which all sizes but n are known; windows lie side by side. */
  readonly convMaxPool: Operation<Convolved, Pooled>;
  /** g, w, and x for its shape → d loss / d x. */
  readonly convInput: Operation<readonly [Tensor, Tensor, Tensor], Steps>;
  /** x, g, and w for its shape → d loss / d w. */
  readonly convWeights: Operation<readonly [Tensor, Tensor, Tensor], Steps>;
}

const attributes = ({ strides, dilations, pads, groups }: Steps): Attributes => ({
  strides,
  dilations,
  pads: addedOf(pads),
  group: groups,
});

function convolvedShape([x, w, bias]: Convolved, steps: Steps): Shape {
  areFloats(x, w);
  if (bias) invariant(sameShape(bias.shape, [w.dim(0)]), `a bias for each filter, not ${shapeText(bias.shape)}`);
  return outputShape(x, w, steps);
}

function emitConv([x]: Convolved, steps: Steps, names: readonly [string, ...string[]], emit: Emitter): string {
  const [xName, ...others] = names;
  const cropped = croppedOf(steps.pads);
  const axes = spaceAxes(x);
  if (cropped.every((crop) => crop === 0)) return emit.node("Conv", names, attributes(steps));
  const starts = cropped.slice(0, axes.length);
  const ends = axes.map((axis, i) => Number(x.dim(axis)) - (cropped[axes.length + i] ?? 0));
  const part = emit.node("Slice", [xName, emit.ints(starts), emit.ints(ends), emit.ints(axes)]);
  return emit.node("Conv", [part, ...others], attributes(steps));
}

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

const matches = (x: Tensor, g: Tensor, w: Tensor, steps: Steps): void =>
  invariant(
    sameShape(g.shape, outputShape(x, w, steps)),
    `${shapeText(x.shape)} by ${shapeText(w.shape)} gives ${shapeText(g.shape)}`,
  );

interface Phases {
  /** For each place in a window, the convolution of what lies there in every window: [n, filters, ...places]. */
  readonly steps: readonly Steps[];
  /** The convolution of all windows, without places that no window holds. */
  readonly all: Steps;
}

function phasesOf([x, w]: Convolved, pooled: Pooled, shape: Shape): Phases {
  const [space, kernel] = [x.shape.slice(2), w.shape.slice(2).map(Number)];
  const counts = shape.slice(2).map(Number);
  invariant(isStatic(space), `the space of ${shapeText(x.shape)} is known`);
  const { window } = pooled;
  const steps = indices(window).map((place) => phaseSteps(space, kernel, pooled, window, place, counts));
  const ones = window.map(() => 1);
  const origin = window.map(() => 0);
  const wide = counts.map((count, i) => count * (window[i] ?? 1));
  return { steps, all: phaseSteps(space, kernel, pooled, ones, origin, wide) };
}

/** From one array for each place of the windows [n, filters, ...places], the whole [n, filters, ...places · window]. */
function interleaved(parts: readonly Tensor[], window: readonly number[], make: Make): Tensor {
  let lists = parts;
  for (let axis = window.length - 1; axis >= 0; axis--) {
    const size = window[axis] ?? 1;
    const at = 2 + axis;
    const joined: Tensor[] = [];
    for (let i = 0; i < lists.length; i += size) {
      const columns = lists.slice(i, i + size).map((part) => {
        const shape = part.shape;
        return part.reshape([...shape.slice(0, at + 1), 1, ...shape.slice(at + 1)]);
      });
      const together = make("concat", columns, { axis: at + 1 });
      const shape = together.shape;
      joined.push(together.reshape([...shape.slice(0, at), Number(shape[at]) * size, ...shape.slice(at + 2)]));
    }
    lists = joined;
  }
  const [whole] = lists;
  invariant(whole !== undefined && lists.length === 1, "a part for each place of the windows");
  return whole;
}

export const convolution: Family<ConvolutionOperations> = {
  conv: {
    shape: (inputs, steps) => floats(convolvedShape(inputs, steps)),
    emit: (y, names, emit) => emitConv(y.inputs, y.with, names, emit),
    gradient: ({ inputs: [x, w, bias], with: steps }, g, make) => {
      const [dx, dw] = [make("convInput", [g, w, x], steps), make("convWeights", [x, g, w], steps)];
      return bias ? [dx, dw, g.sum([0, ...spaceAxes(g)])] : [dx, dw];
    },
  },
  convMaxPool: {
    shape: (inputs, { window, ...steps }) => {
      const [n, filters, ...places] = convolvedShape(inputs, steps);
      invariant(isStatic(places), "the sizes of a convolution in windows are known");
      const counts = places.map((count, i) => Math.floor(count / (window[i] ?? 1)));
      invariant(
        counts.every((count) => count > 0),
        `a window ${shapeText(window)} fits into ${shapeText(places)}`,
      );
      return floats([n ?? 1, filters ?? 1, ...counts]);
    },
    emit: (y, names, emit) => {
      if (emit.standardOnly) {
        const { window } = y.with;
        const whole = emitConv(y.inputs, y.with, names, emit);
        return emit.node("MaxPool", [whole], { kernel_shape: window, strides: window });
      }
      const { steps } = phasesOf(y.inputs, y.with, y.shape);
      return emit.node(
        "Max",
        steps.map((phase) => emitConv(y.inputs, phase, names, emit)),
      );
    },
    // Of equal numbers the first gets the gradient. No indices are kept: each place of the windows is a convolution of its
    // own with wider strides, and the gradient flows where that is the maximum.
    gradient: (y, g, make) => {
      const [x, w, bias] = y.inputs;
      const { steps, all } = phasesOf(y.inputs, y.with, y.shape);
      let rest = g;
      const parts = steps.map((phase, i) => {
        if (i === steps.length - 1) return rest;
        const largest = make("equal", [make("conv", y.inputs, phase), y], {});
        const part = make("where", [largest, rest, zero(make)], {});
        rest = rest.sub(part);
        return part;
      });
      const dx = make("convInput", [interleaved(parts, y.with.window, make), w, x], all);
      const dw = steps.map((phase, i) => make("convWeights", [x, parts[i] ?? g, w], phase) as Tensor);
      const sum = dw.reduce((total, part) => total.add(part));
      return bias ? [dx, sum, g.sum([0, ...spaceAxes(g)])] : [dx, sum];
    },
  },
  convInput: {
    shape: ([g, w, x], steps) => {
      matches(x, g, w, steps);
      return floats(x.shape);
    },
    emit: ({ inputs: [g, w, x], with: steps }, [gName, wName], emit) => {
      const rest = unreached(x, g, w.shape.slice(2).map(Number), steps);
      const seen = emit.node("ConvTranspose", [gName, wName], { ...attributes(steps), output_padding: rest });
      const cropped = croppedOf(steps.pads);
      if (cropped.every((crop) => crop === 0)) return seen;
      const [before, after] = [cropped.slice(0, x.rank - 2), cropped.slice(x.rank - 2)];
      return emit.node("Pad", [seen, emit.ints([0, 0, ...before, 0, 0, ...after])]);
    },
    gradient: ({ inputs: [g, w], with: steps }, u, make) => [
      make("conv", [u, w], steps),
      make("convWeights", [u, g, w], steps),
      null,
    ],
  },
  convWeights: {
    shape: ([x, g, w], steps) => {
      matches(x, g, w, steps);
      return floats(w.shape);
    },
    emit: (y, names, emit) => emitConvWeights(y.inputs, y.with, names, emit),
    gradient: ({ inputs: [x, g], with: steps }, u, make) => [
      make("convInput", [g, u, x], steps),
      make("conv", [x, u], steps),
      null,
    ],
  },
};
