import { invariant } from "../../../kernel/errors.ts";
import { productDim, shapeText, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { placesOf } from "./conv-geometry.ts";
import type { Family, Make, Ruled, Several, Unary } from "./operation.ts";
import { areFloats, isStatic } from "./rule-parts.ts";

/** A window over the spatial axes of x [n, channels, ...space]. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  /** What is added around x and never taken: before each spatial axis, then after each. */
  readonly pads: readonly number[];
}

export interface PoolingOperations {
  /** The largest number of each window, and where in the whole of x it is, int64; of equal ones the first. */
  readonly maxPool: Several<readonly [Tensor], Window>;
  /** The mean of what each window holds of x. */
  readonly averagePool: Unary<Window>;
}

function pooled([x]: readonly [Tensor], { kernel, strides, pads }: Window): Ruled {
  areFloats(x);
  invariant(x.rank === kernel.length + 2, `a window of ${kernel.length} axes moves over ${shapeText(x.shape)}`);
  const inside = pads.every((pad, i) => pad < (kernel[i % kernel.length] ?? 0));
  invariant(inside, "every window holds something of x: pads are smaller than the kernel");
  const space = placesOf(x.shape.slice(2), kernel, { strides, pads, dilations: kernel.map(() => 1) });
  return { shape: [x.dim(0), x.dim(1), ...space], type: "float32" };
}

const attributes = ({ kernel, strides, pads }: Window) => ({ kernel_shape: kernel, strides, pads });
const constantOf = (make: Make, data: Float32Array, shape: readonly number[]): Tensor =>
  make("constant", [], { data, shape });

/** 1 / how many numbers of x each window holds, by place: the product over the axes of what a window holds along one. */
function sharesOf(
  space: readonly number[],
  places: readonly number[],
  { kernel, strides, pads }: Window,
): Float32Array {
  const held = places.map((count, axis) =>
    Array.from({ length: count }, (_, place) => {
      const from = place * (strides[axis] ?? 1) - (pads[axis] ?? 0);
      return Math.min(from + (kernel[axis] ?? 1), space[axis] ?? 0) - Math.max(from, 0);
    }),
  );
  return Float32Array.from({ length: sizeOf(places) }, (_, index) => {
    let [count, rest] = [1, index];
    for (let axis = places.length - 1; axis >= 0; axis--) {
      const size = places[axis] ?? 1;
      count *= held[axis]?.[rest % size] ?? 1;
      rest = Math.floor(rest / size);
    }
    return 1 / count;
  });
}

export const pooling: Family<PoolingOperations> = {
  maxPool: {
    shape: (inputs, window) => {
      const { shape, type } = pooled(inputs, window);
      return [
        { shape, type },
        { shape, type: "int64" },
      ];
    },
    emit: (y, inputs, emit) => emit.nodes("MaxPool", inputs, emit.wants(y, 1) ? 2 : 1, attributes(y.with)),
    gradient: (y, [g], make) => {
      const [x] = y.inputs;
      if (!g) return [null];
      const flat = (tensor: Tensor): Tensor => tensor.reshape([productDim(tensor.shape)]);
      const dx = make("scatterElements", [flat(g), flat(y.pick(1)), flat(x)], { axis: 0 });
      return [dx.reshape(x.shape, x)];
    },
  },
  averagePool: {
    shape: pooled,
    emit: (y, inputs, emit) => emit.node("AveragePool", inputs, { ...attributes(y.with), count_include_pad: 0 }),
    gradient: (y, g, make) => {
      const [x] = y.inputs;
      const { kernel, strides, pads } = y.with;
      const [channels, space, places] = [Number(x.dim(1)), x.shape.slice(2), y.shape.slice(2)];
      invariant(isStatic(space) && isStatic(places), `the space of ${shapeText(x.shape)} is known`);
      const shares = g.mul(constantOf(make, sharesOf(space, places, y.with), places));
      const ones = constantOf(make, new Float32Array(channels * sizeOf(kernel)).fill(1), [channels, 1, ...kernel]);
      return [
        make("convInput", [shares, ones, x], { strides, pads, dilations: kernel.map(() => 1), groups: channels }),
      ];
    },
  },
};
