import { invariant } from "../../../kernel/errors.ts";
import { broadcastShapes, type Dim, elements, sameShape, type Shape, shapeText, sumDim } from "../shape.ts";
import type { Emitter } from "../emitter.ts";
import type { Tensor } from "../tensor.ts";
import type { Binary, Family, Operation, Several, Unary } from "./operation.ts";
import { areFloats, emitShape, floats, isStatic, sumTo, withDim, zero } from "./rule-parts.ts";

/** Moves numbers about without changing them. */
export interface ShapingOperations {
  readonly reshape: Unary<{ readonly shape: Shape }>;
  /** Reshape to a shape that leaves several dimensions open: their sizes are read from the second input. */
  readonly reshapeLike: Binary<{ readonly shape: Shape }>;
  readonly transpose: Unary<{ readonly permutation: readonly number[] }>;
  /** x broadcast to the shape of the second input, whose numbers are not read. */
  readonly expand: Binary;
  /** x broadcast to a shape whose names are dimensions of the second input. */
  readonly expandTo: Binary<{ readonly shape: Shape }>;
  readonly concat: Operation<readonly Tensor[], { readonly axis: number }>;
  /** Parts of known sizes along one axis, each an output. */
  readonly split: Several<readonly [Tensor], { readonly axis: number; readonly sizes: readonly number[] }>;
  /**
   * Every `step`-th element from `from` on, before `to`. Of an axis of unknown size, places below zero count from its end,
   * and Infinity is its end.
   */
  readonly slice: Unary<{ readonly axis: number; readonly from: number; readonly to: number; readonly step: number }>;
  readonly pad: Unary<{ readonly axis: number; readonly before: number; readonly after: number }>;
  /** What a slice of an axis of unknown size was cut from, with zeros elsewhere: x, and a tensor for that size. */
  readonly unslice: Binary<{ readonly axis: number; readonly from: number; readonly to: number }>;
}

/** How many elements a slice of an axis has. */
function sliceDim(dim: Dim, from: number, to: number, step: number): Dim {
  invariant(Number.isInteger(step) && step > 0, `a slice goes on by 1 or more, not ${step}`);
  if (typeof dim === "number") {
    invariant(0 <= from && from < to && to <= dim, `a slice ${from}..${to} lies inside ${dim}`);
    return Math.ceil((to - from) / step);
  }
  const end = to === Infinity ? 0 : to;
  const fits = to === 0 ? false : from < 0 ? from < end && end <= 0 : end <= 0 || from < end;
  invariant(fits && step === 1, `a slice ${from}..${to} of "${dim}" has a size`);
  return from >= 0 && end <= 0 ? sumDim([dim, end - from]) : end - from;
}
/** Slice's way to say the end of an axis. */
const endOfAxis = 2 ** 31 - 1;

function sameElements(from: Shape, to: Shape): boolean {
  const [before, after] = [elements(from), elements(to)];
  return before.known === after.known && before.names.join() === after.names.join();
}

/** Whether a reshape needs no other tensor: one dimension at most is neither a number nor where it was. */
export const reshapesAlone = (from: Shape, to: Shape): boolean =>
  to.filter((dim, i) => typeof dim === "string" && dim !== from[i]).length <= 1;

/** A shape as an int64 vector, its names read from the dimensions of `like`. */
function emitShapeFrom(shape: Shape, like: Tensor, likeName: string, emit: Emitter): string {
  const sizes = emit.node("Shape", [likeName]);
  const parts = shape.map((dim) => {
    const { known, names } = elements([dim]);
    const factors = names.map((name) => {
      const axis = like.shape.indexOf(name);
      invariant(axis >= 0, `"${name}" is a dimension of ${shapeText(like.shape)}`);
      return emit.node("Gather", [sizes, emit.ints([axis])]);
    });
    const all = known === 1 && factors.length > 0 ? factors : [emit.ints([known]), ...factors];
    return all.reduce((product, factor) => emit.node("Mul", [product, factor]));
  });
  return emit.node("Concat", parts, { axis: 0 });
}

/** Reshape's target: 0 copies the dimension at the same place, -1 stands for the only one that is left open. */
function reshapeTarget(from: Shape, to: Shape): number[] {
  const target = to.map((dim, i) => (typeof dim === "number" ? dim : dim === from[i] ? 0 : -1));
  invariant(
    target.filter((dim) => dim === -1).length <= 1,
    `${shapeText(from)} to ${shapeText(to)} leaves one dimension open at most`,
  );
  return target;
}

/** step - 1 zeros between the elements of an axis. */
function withGaps(g: Tensor, axis: number, step: number): Tensor {
  const count = Number(g.dim(axis));
  const [before, after] = [g.shape.slice(0, axis), g.shape.slice(axis + 1)];
  const gaps = g.reshape([...before, count, 1, ...after], g).pad(axis + 1, 0, step - 1);
  return gaps.reshape([...before, count * step, ...after], g).slice(axis, 0, (count - 1) * step + 1);
}

export const shaping: Family<ShapingOperations> = {
  reshape: {
    shape: ([x], { shape }) => {
      invariant(sameElements(x.shape, shape), `${shapeText(x.shape)} reshapes to ${shapeText(shape)}`);
      return { shape, type: x.type };
    },
    emit: (y, [x], emit) => {
      const target = reshapeTarget(y.inputs[0].shape, y.shape);
      const zeroIsSize = elements(y.shape).known === 0;
      return emit.node("Reshape", [x, emit.ints(target)], zeroIsSize ? { allowzero: 1 } : {});
    },
    gradient: ({ inputs: [x] }, g) => [g.reshape(x.shape, x)],
  },
  reshapeLike: {
    shape: ([x], { shape }) => {
      invariant(sameElements(x.shape, shape), `${shapeText(x.shape)} reshapes to ${shapeText(shape)}`);
      return { shape, type: x.type };
    },
    emit: ({ inputs: [, like], shape }, [x, name], emit) =>
      emit.node("Reshape", [x, emitShapeFrom(shape, like, name, emit)]),
    gradient: ({ inputs: [x] }, g) => [g.reshape(x.shape, x), null],
  },
  transpose: {
    shape: ([x], { permutation }) => {
      const sorted = [...permutation].sort((a, b) => a - b);
      const each = sorted.length === x.rank && sorted.every((axis, i) => axis === i);
      invariant(each, "a permutation names every axis once");
      return { shape: permutation.map((axis) => x.dim(axis)), type: x.type };
    },
    emit: (y, [x], emit) => emit.node("Transpose", [x], { perm: y.with.permutation }),
    gradient: ({ with: { permutation } }, g) => [g.transpose(permutation.map((_, i) => permutation.indexOf(i)))],
  },
  expand: {
    shape: ([x, like]) => {
      const fits = sameShape(broadcastShapes(x.shape, like.shape), like.shape);
      invariant(fits, `${shapeText(x.shape)} expands to ${shapeText(like.shape)}`);
      return { shape: like.shape, type: x.type };
    },
    emit: (y, [x, like], emit) => emit.node("Expand", [x, emitShape(y.shape, like, emit)]),
    gradient: ({ inputs: [x] }, g) => [sumTo(g, x.shape), null],
  },
  expandTo: {
    shape: ([x], { shape }) => {
      const fits = sameShape(broadcastShapes(x.shape, shape), shape);
      invariant(fits, `${shapeText(x.shape)} expands to ${shapeText(shape)}`);
      return { shape, type: x.type };
    },
    emit: ({ inputs: [, like], shape }, [x, name], emit) =>
      emit.node("Expand", [x, isStatic(shape) ? emit.ints(shape) : emitShapeFrom(shape, like, name, emit)]),
    gradient: ({ inputs: [x] }, g) => [sumTo(g, x.shape), null],
  },
  concat: {
    shape: (parts, { axis }) => {
      const [first, ...rest] = parts;
      invariant(first !== undefined, "concat has parts");
      for (const part of parts) {
        const alike =
          part.rank === first.rank && part.shape.every((other, i) => i === axis || other === first.shape[i]);
        invariant(alike, `${shapeText(first.shape)} and ${shapeText(part.shape)} concatenate`);
      }
      const total = sumDim(parts.map((part) => part.dim(axis)));
      invariant(
        rest.every((part) => part.type === first.type),
        "parts of concat have one type",
      );
      return { shape: first.shape.map((dim, i) => (i === axis ? total : dim)), type: first.type };
    },
    emit: (y, parts, emit) => emit.node("Concat", parts, { axis: y.with.axis }),
    gradient: ({ inputs: parts, with: { axis } }, g) =>
      parts.map((part, i) => {
        // counted from the side on which all sizes are known
        const before = sumDim(parts.slice(0, i).map((other) => other.dim(axis)));
        const after = sumDim(parts.slice(i + 1).map((other) => other.dim(axis)));
        const size = part.dim(axis);
        if (typeof before === "number" && typeof size === "number") return g.slice(axis, before, before + size);
        invariant(typeof after === "number", "of the sizes along a concatenation's axis, one is unknown at most");
        const from = typeof before === "number" ? before : -(after + Number(size));
        return g.slice(axis, from, after === 0 ? Infinity : -after);
      }),
  },
  split: {
    shape: ([x], { axis, sizes }) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      invariant(total === x.dim(axis), `${shapeText(x.shape)} splits into ${sizes.join(" + ")} along axis ${axis}`);
      return sizes.map((size) => ({ shape: withDim(x.shape, axis, () => size), type: x.type }));
    },
    emit: ({ with: { axis, sizes } }, [x], emit) => emit.nodes("Split", [x, emit.ints(sizes)], sizes.length, { axis }),
    gradient: ({ inputs: [x], with: { axis, sizes } }, parts, make) => {
      let at = 0;
      const whole = sizes.map((size, i) => {
        const from = at;
        at += size;
        return parts[i] ?? zero(make).expand(x.slice(axis, from, at));
      });
      return [make("concat", whole, { axis })];
    },
  },
  slice: {
    shape: ([x], { axis, from, to, step }) => ({
      shape: x.shape.map((dim, i) => (i === axis ? sliceDim(dim, from, to, step) : dim)),
      type: x.type,
    }),
    emit: (y, [x], emit) => {
      const { axis, from, to, step } = y.with;
      const steps = step === 1 ? [] : [emit.ints([step])];
      const ends = emit.ints([to === Infinity ? endOfAxis : to]);
      return emit.node("Slice", [x, emit.ints([from]), ends, emit.ints([axis]), ...steps]);
    },
    gradient: ({ inputs: [x], with: { axis, from, to, step } }, g, make) => {
      if (typeof x.dim(axis) === "string") return [make("unslice", [g, x], { axis, from, to })];
      const spread = step === 1 ? g : withGaps(g, axis, step);
      return [spread.pad(axis, from, Number(x.dim(axis)) - from - Number(spread.dim(axis)))];
    },
  },
  pad: {
    shape: ([x], { axis, before, after }) => {
      areFloats(x);
      return floats(x.shape.map((dim, i) => (i === axis ? sumDim([dim, before + after]) : dim)));
    },
    emit: (y, [x], emit) => {
      const { axis, before, after } = y.with;
      const ends = Array.from({ length: 2 * y.rank }, (_, i) =>
        i === axis ? before : i === axis + y.rank ? after : 0,
      );
      return emit.node("Pad", [x, emit.ints(ends)]);
    },
    gradient: ({ with: { axis, before, after } }, g) => [g.slice(axis, before, after === 0 ? Infinity : -after)],
  },
  unslice: {
    shape: ([g, x]) => {
      areFloats(g, x);
      return floats(x.shape);
    },
    emit: (y, [g, x], emit) => {
      const { axis, from, to } = y.with;
      const { rank } = y;
      const size = emit.node("Shape", [x], { start: axis, end: axis + 1 });
      const fromEnd = (place: number): string => emit.node("Add", [size, emit.ints([place])]);
      const before = from >= 0 ? emit.ints([from]) : fromEnd(from);
      const after = to === Infinity ? emit.ints([0]) : to <= 0 ? emit.ints([-to]) : fromEnd(-to);
      const zeros = (count: number): string[] => (count === 0 ? [] : [emit.ints(Array<number>(count).fill(0))]);
      const pads = [...zeros(axis), before, ...zeros(rank - 1), after, ...zeros(rank - 1 - axis)];
      return emit.node("Pad", [g, emit.node("Concat", pads, { axis: 0 })]);
    },
    gradient: ({ with: { axis, from, to } }, u) => [u.slice(axis, from, to), null],
  },
};
