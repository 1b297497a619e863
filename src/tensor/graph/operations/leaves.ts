import type { NumericArray } from "../emitter.ts";
import type { ElementType, Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { invariant, must } from "../../../kernel/errors.ts";
import type { Family, Operation } from "./operation.ts";
import { floats } from "./rule-parts.ts";

/** Where a graph begins, and where it reads one of several outputs. */
export interface LeafOperations {
  readonly input: Operation<readonly [], { readonly name: string; readonly shape: Shape; readonly type: ElementType }>;
  readonly parameter: Operation<readonly [], { readonly name: string; readonly shape: Shape }>;
  readonly constant: Operation<readonly [], { readonly data: NumericArray; readonly shape: readonly number[] }>;
  /** Output `index` of an operation with several. */
  readonly pick: Operation<readonly [Tensor], { readonly index: number }>;
}

export const leaves: Family<LeafOperations> = {
  input: {
    shape: (_, { shape, type }) => ({ shape, type }),
    emit: (y, _, emit) => emit.graphInput(y.with.name, y.shape, y.type),
    gradient: () => [],
  },
  parameter: {
    shape: (_, { shape }) => floats(shape),
    emit: (y, _, emit) => emit.parameter(y.with.name, y.shape),
    gradient: () => [],
  },
  constant: {
    shape: (_, { data, shape }) => ({
      shape,
      type: data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64",
    }),
    emit: (y, _, emit) => emit.constant(y.with.data, y.with.shape),
    gradient: () => [],
  },
  pick: {
    shape: ([x], { index }) => {
      invariant(x.several, `${x.kind} has several outputs`);
      return must(x.outputs[index], `output ${index} of ${x.kind}`);
    },
    emit: (_, [x]) => x, //        the name of its input is that of the picked output
    gradient: (_, g) => [g], //    which counts as the upstream gradient of that output
  },
};
