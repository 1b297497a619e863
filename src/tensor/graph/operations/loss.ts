import { invariant } from "../../../kernel/errors.ts";
import { dataTypes } from "../../onnx/schema.ts";
import type { Emitter } from "../emitter.ts";
import { sameShape, type Shape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Operation } from "./operation.ts";
import { areFloats, areIntegers, floats, isStatic } from "./rule-parts.ts";

/** Losses whose gradient is simpler, or more exact, than that of their parts. */
export interface LossOperations {
  /** logits [n, classes], targets [n, classes] with rows that sum to 1, weights [n] → the weighted mean loss []. */
  readonly softmaxCrossEntropy: Operation<readonly [Tensor, Tensor, Tensor], Smoothed>;
  /** The same with int32 or int64 labels [n] for targets; a label of -1 needs weight 0. */
  readonly labelCrossEntropy: Operation<readonly [Tensor, Tensor, Tensor], Smoothed>;
  /** Of the logits [n, classes], from the same inputs. */
  readonly labelCrossEntropyGradient: Operation<readonly [Tensor, Tensor, Tensor], Smoothed>;
}

interface Smoothed {
  readonly labelSmoothing: number;
  readonly classes: number;
}

/** (1 - s) · targets + s / classes. */
function emitSmoothed(targets: string, smoothing: number, classes: number, emit: Emitter): string {
  if (smoothing === 0) return targets;
  const kept = emit.node("Mul", [targets, emit.scalar(1 - smoothing)]);
  return emit.node("Add", [kept, emit.scalar(smoothing / classes)]);
}

/** weights / Σ weights as a column [n, 1]. */
function emitShares(weights: string, shape: Shape, emit: Emitter): string {
  const share = emit.node("Div", [weights, emit.node("ReduceSum", [weights], { keepdims: 0 })]);
  return emit.node("Reshape", [share, emit.ints([isStatic(shape) ? Number(shape[0]) : 0, 1])]);
}

/** Labels as a column [n, 1] of int64. */
const emitColumn = (labels: string, emit: Emitter): string =>
  emit.node("Unsqueeze", [emit.node("Cast", [labels], { to: dataTypes.int64 }), emit.ints([1])]);

export const loss: Family<LossOperations> = {
  softmaxCrossEntropy: {
    shape: ([logits, targets, weights]) => {
      areFloats(logits, targets, weights);
      const fits =
        logits.rank === 2 && sameShape(logits.shape, targets.shape) && sameShape(weights.shape, [logits.dim(0)]);
      const shapes = [logits, targets, weights].map((x) => shapeText(x.shape)).join(" ");
      invariant(fits, `cross-entropy takes [n, classes] twice and [n]: ${shapes}`);
      return floats([]);
    },
    emit: (y, [logits, targets, weights], emit) => {
      const { labelSmoothing, classes } = y.with;
      const smooth = emitSmoothed(targets, labelSmoothing, classes, emit);
      const likelihood = emit.node("Mul", [emit.node("LogSoftmax", [logits], { axis: 1 }), smooth]);
      const column = emitShares(weights, y.inputs[2].shape, emit);
      return emit.node("Neg", [emit.node("ReduceSum", [emit.node("Mul", [likelihood, column])], { keepdims: 0 })]);
    },
    gradient: ({ inputs: [logits, targets, weights], with: { labelSmoothing: s, classes } }, g) => {
      const smooth = s === 0 ? targets : targets.mul(1 - s).add(s / classes);
      const column = weights.div(weights.sum()).reshape([logits.dim(0), 1]); // [n, 1]
      return [logits.logSoftmax().exp().sub(smooth).mul(column).mul(g), null, null];
    },
  },
  labelCrossEntropy: {
    shape: ([logits, labels, weights]) => {
      areFloats(logits, weights);
      areIntegers(labels);
      const fits = logits.rank === 2 && [labels, weights].every((x) => sameShape(x.shape, [logits.dim(0)]));
      const shapes = [logits, labels, weights].map((x) => shapeText(x.shape)).join(" ");
      invariant(fits, `cross-entropy takes [n, classes] and [n] twice: ${shapes}`);
      return floats([]);
    },
    emit: (y, [logits, labels, weights], emit) => {
      const { labelSmoothing: s, classes } = y.with;
      const logs = emit.node("LogSoftmax", [logits], { axis: 1 });
      const own = emit.node("GatherElements", [logs, emitColumn(labels, emit)], { axis: 1 });
      const all = (): string => emit.node("ReduceSum", [logs, emit.ints([1])], { keepdims: 1 });
      const likelihood =
        s === 0
          ? own // (1 - s) ln p[label] + s / classes · Σ ln p
          : emit.node("Add", [
              emit.node("Mul", [own, emit.scalar(1 - s)]),
              emit.node("Mul", [all(), emit.scalar(s / classes)]),
            ]);
      const weighted = emit.node("Mul", [likelihood, emitShares(weights, y.inputs[2].shape, emit)]);
      return emit.node("Neg", [emit.node("ReduceSum", [weighted], { keepdims: 0 })]);
    },
    gradient: ({ inputs, with: attributes }, g, make) => [
      make("labelCrossEntropyGradient", inputs, attributes).mul(g),
      null,
      null,
    ],
  },
  labelCrossEntropyGradient: {
    shape: ([logits]) => floats(logits.shape),
    emit: (y, [logits, labels, weights], emit) => {
      const { labelSmoothing: s, classes } = y.with;
      const softmax = emit.node("Exp", [emit.node("LogSoftmax", [logits], { axis: 1 })]); // the forward pass has the logarithm
      const smooth = s === 0 ? softmax : emit.node("Sub", [softmax, emit.scalar(s / classes)]);
      const shares = emitShares(weights, y.inputs[2].shape, emit);
      const taken = emit.node("Mul", [shares, emit.scalar(s - 1)]); // - (1 - s) at the label
      const scaled = emit.node("Mul", [smooth, shares]);
      return emit.node("ScatterElements", [scaled, emitColumn(labels, emit), taken], { axis: 1, reduction: "add" });
    },
    gradient: () => {
      throw new Error("Invariant broken: cross-entropy by labels is differentiated once");
    },
  },
};
