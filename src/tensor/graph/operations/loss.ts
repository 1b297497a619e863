import { invariant } from "../../../kernel/errors.ts";
import type { Emitter } from "../emitter.ts";
import { sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Operation } from "./operation.ts";
import { areFloats, floats, isStatic } from "./rule-parts.ts";

/** Losses whose gradient is simpler, or more exact, than that of their parts. */
export interface LossOperations {
  /** logits [n, classes], targets [n, classes] with rows that sum to 1, weights [n] → the weighted mean loss []. */
  readonly softmaxCrossEntropy: Operation<
    readonly [Tensor, Tensor, Tensor],
    { readonly labelSmoothing: number; readonly classes: number }
  >;
}

/** (1 - s) · targets + s / classes. */
function emitSmoothed(targets: string, smoothing: number, classes: number, emit: Emitter): string {
  if (smoothing === 0) return targets;
  const kept = emit.node("Mul", [targets, emit.scalar(1 - smoothing)]);
  return emit.node("Add", [kept, emit.scalar(smoothing / classes)]);
}

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
      const share = emit.node("Div", [weights, emit.node("ReduceSum", [weights], { keepdims: 0 })]);
      const rows = isStatic(y.inputs[2].shape) ? y.inputs[2].dim(0) : 0;
      const column = emit.node("Reshape", [share, emit.ints([Number(rows), 1])]); // [n, 1]
      return emit.node("Neg", [emit.node("ReduceSum", [emit.node("Mul", [likelihood, column])], { keepdims: 0 })]);
    },
    gradient: ({ inputs: [logits, targets, weights], with: { labelSmoothing: s, classes } }, g) => {
      const smooth = s === 0 ? targets : targets.mul(1 - s).add(s / classes);
      const column = weights.div(weights.sum()).reshape([logits.dim(0), 1]); // [n, 1]
      return [logits.logSoftmax().exp().sub(smooth).mul(column).mul(g), null, null];
    },
  },
};
