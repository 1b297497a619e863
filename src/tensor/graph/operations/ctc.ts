import { invariant, must } from "../../../kernel/errors.ts";
import { dataTypes } from "../../onnx/schema.ts";
import type { Emitter } from "../emitter.ts";
import { sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Operation, Several } from "./operation.ts";
import { areFloats, areIntegers, floats } from "./rule-parts.ts";

/**
 * Connectionist temporal classification (Graves et al. 2006): how likely a shorter row of labels is, summed over all its
 * alignments with a longer sequence of class probabilities, in which class 0 is the blank.
 */
export interface CtcOperations {
  /**
   * log-probabilities [batch, length, classes], int32 labels [batch, labels] (-1 is padding), int32 lengths [batch] →
   * -ln p of each row of labels [batch], and the forward variables, for the gradient. No label row is empty; one that
   * does not fit into its length gives about 1e30.
   */
  readonly ctc: Several<readonly [Tensor, Tensor, Tensor]>;
  /** Of the log-probabilities, from those three, the -ln p and the forward variables: [batch, length, classes]. */
  readonly ctcGradient: Operation<readonly [Tensor, Tensor, Tensor, Tensor, Tensor]>;
}

/** Stands for ln 0: adding finite numbers does not change it, and its exponential is 0. */
const never = -1e30;

/** Everything that forward and backward pass read; states are blanks with the labels between them: s = 2 labels + 1. */
interface Lattice {
  /** ln p of each state's class at each time [length, batch, s]. */
  readonly emissions: string;
  /** Class of each state [length, batch, s], int64. */
  readonly classes: string;
  /** 0 where a state may be entered from the one before the last, else `never` [batch, s]. */
  readonly skips: string;
  /** 0 at the states in which a row may end, else `never` [batch, s]. */
  readonly ends: string;
  /** 1 while a row lasts [length, batch, 1]. */
  readonly lasting: string;
}

/** x[..., from:to] of the last axis of a matrix. */
const columns = (emit: Emitter, x: string, from: number, to: number): string =>
  emit.node("Slice", [x, emit.ints([from]), emit.ints([to]), emit.ints([1])]);
const beyond = 2 ** 31;
const add = (emit: Emitter, a: string, b: string): string => emit.node("Add", [a, b]);
const whole = (emit: Emitter, value: bigint): string => emit.constant(BigInt64Array.of(value), []);
const float = (emit: Emitter, x: string): string => emit.node("Cast", [x], { to: dataTypes.float32 });
/** 1 → 0, 0 → `never`. */
const asLog = (emit: Emitter, x: string): string =>
  emit.node("Mul", [emit.node("Sub", [emit.scalar(1), x]), emit.scalar(never)]);

function lattice([logs, labels, lengths]: readonly [string, string, string], emit: Emitter): Lattice {
  const dims = emit.node("Shape", [logs]);
  const size = (axis: number): string => emit.node("Gather", [dims, emit.ints([axis])]); // [1]
  const ids = emit.node("Cast", [labels], { to: dataTypes.int64 });
  const zero = whole(emit, 0n);
  const labelled = emit.node("Max", [ids, zero]); // padding counts as blank
  const blanks = emit.node("Mul", [labelled, zero]);
  const blank = columns(emit, blanks, 0, 1);
  /** [a, b, c] between blanks: [0, a, 0, b, 0, c, 0]. */
  const interleaved = (row: string): string => {
    const pairs = [blanks, row].map((part) => emit.node("Unsqueeze", [part, emit.ints([2])]));
    const joined = emit.node("Reshape", [emit.node("Concat", pairs, { axis: 2 }), emit.ints([0, -1])]);
    return emit.node("Concat", [joined, blank], { axis: 1 });
  };
  const states = interleaved(labelled);
  const like = emit.node("Concat", [size(1), emit.node("Shape", [states])], { axis: 0 }); // length, batch, s
  const classes = emit.node("Expand", [states, like]);
  const emissions = emit.node("GatherElements", [emit.node("Transpose", [logs], { perm: [1, 0, 2] }), classes], {
    axis: 2,
  });

  const [before, after] = [columns(emit, labelled, 0, -1), columns(emit, labelled, 1, beyond)];
  const differs = emit.node("Cast", [emit.node("Not", [emit.node("Equal", [before, after])])], { to: dataTypes.int64 });
  const skips = interleaved(emit.node("Concat", [blank, differs], { axis: 1 }));

  const real = emit.node("Cast", [emit.node("GreaterOrEqual", [ids, zero])], { to: dataTypes.int64 });
  const last = emit.node("Mul", [emit.node("ReduceSum", [real, emit.ints([1])]), whole(emit, 2n)]); // [batch, 1]
  const range = (count: string): string =>
    emit.node("Range", [zero, emit.node("Squeeze", [count, emit.ints([0])]), whole(emit, 1n)]);
  const places = range(emit.node("Gather", [like, emit.ints([2])])); // [s]
  const isEnd = [last, emit.node("Sub", [last, whole(emit, 1n)])].map((end) => emit.node("Equal", [places, end]));
  const during = emit.node("Unsqueeze", [range(size(1)), emit.ints([1])]); // [length, 1]
  const lasting = emit.node("Less", [during, emit.node("Cast", [lengths], { to: dataTypes.int64 })]);
  return {
    emissions,
    classes,
    skips: asLog(emit, float(emit, skips)),
    ends: asLog(emit, float(emit, emit.node("Or", isEnd))),
    lasting: emit.node("Unsqueeze", [float(emit, lasting), emit.ints([2])]),
  };
}

/** ln Σ exp over three ways into a state. */
function either(emit: Emitter, ways: readonly string[]): string {
  const largest = emit.node("Max", ways);
  const shares = ways.map((way) => emit.node("Exp", [emit.node("Sub", [way, largest])]));
  return add(emit, largest, emit.node("Log", [shares.reduce((sum, share) => add(emit, sum, share))]));
}

/** `moved` while a row lasts, then `kept`. */
function whileLasting(emit: Emitter, lasting: string, moved: string, kept: string): string {
  const rest = emit.node("Mul", [kept, emit.node("Sub", [emit.scalar(1), lasting])]);
  return add(emit, emit.node("Mul", [moved, lasting]), rest);
}

/** States moved by one or two places, `never` moving in. */
const shifted = (emit: Emitter, states: string, by: 1 | 2, towards: "later" | "earlier"): string => {
  const some = emit.node("Add", [emit.node("Mul", [columns(emit, states, 0, by), emit.scalar(0)]), emit.scalar(never)]);
  const parts = towards === "later" ? [some, columns(emit, states, 0, -by)] : [columns(emit, states, by, beyond), some];
  return emit.node("Concat", parts, { axis: 1 });
};

/** α[t, s]: ln p of being in state s after t, over all ways there. */
function forwardVariables({ emissions, skips, lasting, ends }: Lattice, emit: Emitter) {
  const nowhere = emit.node("Add", [emit.node("Mul", [ends, emit.scalar(0)]), emit.scalar(never)]);
  const start = emit.node(
    "Concat",
    [
      emit.node("Mul", [columns(emit, ends, 0, 1), emit.scalar(0)]), // before the first time, as if in the first state
      columns(emit, nowhere, 1, beyond),
    ],
    { axis: 1 },
  );
  return emit.scan({
    states: [start],
    sequences: [emissions, lasting],
    backward: false,
    body: (inner, [before = ""], [emission = "", on = ""]) => {
      const skipping = add(inner, shifted(inner, before, 2, "later"), skips);
      const entered = either(inner, [before, shifted(inner, before, 1, "later"), skipping]);
      const next = whileLasting(inner, on, add(inner, entered, emission), before);
      return { states: [next], outputs: [next] };
    },
  });
}

/** β[t, s]: ln p of what follows after t, over all ways on from state s. */
function backwardVariables({ emissions, skips, lasting, ends }: Lattice, emit: Emitter): string {
  const { outputs } = emit.scan({
    states: [ends],
    sequences: [emissions, lasting],
    backward: true,
    body: (inner, [after = ""], [emission = "", on = ""]) => {
      const ahead = add(inner, after, emission);
      const skipping = shifted(inner, add(inner, ahead, skips), 2, "earlier");
      const left = either(inner, [ahead, shifted(inner, ahead, 1, "earlier"), skipping]);
      return { states: [whileLasting(inner, on, left, after)], outputs: [inner.node("Identity", [after])] };
    },
  });
  return outputs[0] ?? "";
}

export const ctc: Family<CtcOperations> = {
  ctc: {
    shape: ([logs, labels, lengths]) => {
      areFloats(logs);
      areIntegers(labels, lengths);
      const batch = logs.dim(0);
      const fits = logs.rank === 3 && labels.rank === 2 && labels.dim(0) === batch && sameShape(lengths.shape, [batch]);
      const shapes = [logs, labels, lengths].map(({ shape }) => shapeText(shape)).join(" ");
      invariant(fits, `CTC takes [batch, length, classes], [batch, labels] and [batch]: ${shapes}`);
      const count = labels.dim(1);
      const states = typeof count === "number" ? 2 * count + 1 : `${count}.states`;
      return [floats([batch]), floats([logs.dim(1), batch, states])];
    },
    emit: (_, inputs, emit) => {
      const trellis = lattice(inputs, emit);
      const { states, outputs } = forwardVariables(trellis, emit);
      const final = add(emit, states[0] ?? "", trellis.ends);
      const likelihood = emit.node("ReduceLogSumExp", [final, emit.ints([1])], { keepdims: 0 });
      return [emit.node("Neg", [likelihood]), outputs[0] ?? ""];
    },
    gradient: (y, [flowing], make) => {
      const g = must(flowing ?? undefined, "only the likelihood of CTC is differentiated");
      const back = make("ctcGradient", [...y.inputs, y.pick(0), y.pick(1)], {});
      return [back.mul(g.reshape([g.dim(0), 1, 1])), null, null];
    },
  },
  ctcGradient: {
    shape: ([logs]) => floats(logs.shape),
    emit: (_, [logs, labels, lengths, loss, forward], emit) => {
      const trellis = lattice([logs, labels, lengths], emit);
      const together = add(emit, forward, backwardVariables(trellis, emit));
      // d -ln p / d ln p[t, k] = - the share of alignments that are in a state of class k at time t
      const shares = emit.node("Exp", [add(emit, together, emit.node("Unsqueeze", [loss, emit.ints([1])]))]);
      const counted = emit.node("Neg", [emit.node("Mul", [shares, trellis.lasting])]);
      const turned = emit.node("Transpose", [logs], { perm: [1, 0, 2] });
      const zeros = emit.node("Mul", [turned, emit.scalar(0)]);
      const sums = emit.node("ScatterElements", [zeros, trellis.classes, counted], { axis: 2, reduction: "add" });
      return emit.node("Transpose", [sums], { perm: [1, 0, 2] });
    },
    gradient: () => {
      throw new Error("Invariant broken: CTC is differentiated once");
    },
  },
};
