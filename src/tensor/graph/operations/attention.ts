import { invariant } from "../../../kernel/errors.ts";
import { type Dim, sameShape, shapeText } from "../shape.ts";
import type { Binary, Family } from "./operation.ts";

/** What a decoder needs that reads its own past. */
export interface AttentionOperations {
  /** Concatenation along one axis whose sizes are known only when a session runs; not differentiated. */
  readonly append: Binary<{ readonly axis: number }>;
}

const sum = (a: Dim, b: Dim): Dim => (typeof a === "number" && typeof b === "number" ? a + b : `${a}+${b}`);

export const attention: Family<AttentionOperations> = {
  append: {
    shape: ([past, x], { axis }) => {
      const rest = (shape: readonly Dim[]): Dim[] => shape.filter((_, i) => i !== axis);
      const fits = past.type === x.type && sameShape(rest(past.shape), rest(x.shape));
      invariant(fits, `${shapeText(x.shape)} is appended to ${shapeText(past.shape)}`);
      return { shape: x.shape.map((dim, i) => (i === axis ? sum(past.dim(axis), dim) : dim)), type: x.type };
    },
    emit: (y, inputs, emit) => emit.node("Concat", inputs, { axis: y.with.axis }),
    gradient: () => {
      throw new Error("Invariant broken: what is appended is not differentiated");
    },
  },
};
