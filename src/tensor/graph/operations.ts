import { attention, type AttentionOperations } from "./operations/attention.ts";
import { convolution, type ConvolutionOperations } from "./operations/convolution.ts";
import { ctc, type CtcOperations } from "./operations/ctc.ts";
import { elementwise, type ElementwiseOperations } from "./operations/elementwise.ts";
import { leaves, type LeafOperations } from "./operations/leaves.ts";
import { logic, type LogicOperations } from "./operations/logic.ts";
import { lookup, type LookupOperations } from "./operations/lookup.ts";
import { loss, type LossOperations } from "./operations/loss.ts";
import { matrix, type MatrixOperations } from "./operations/matrix.ts";
import { normalization, type NormalizationOperations } from "./operations/normalization.ts";
import type { Rules } from "./operations/operation.ts";
import { pooling, type PoolingOperations } from "./operations/pooling.ts";
import { recurrent, type RecurrentOperations } from "./operations/recurrent.ts";
import { reduction, type ReductionOperations } from "./operations/reduction.ts";
import { shaping, type ShapingOperations } from "./operations/shaping.ts";
import type { Tensor } from "./tensor.ts";

/** The union of operations, from its families: the inputs and attributes of each. */
export interface Operations
  extends
    LeafOperations,
    ElementwiseOperations,
    LogicOperations,
    MatrixOperations,
    ShapingOperations,
    ReductionOperations,
    LookupOperations,
    LossOperations,
    CtcOperations,
    NormalizationOperations,
    ConvolutionOperations,
    PoolingOperations,
    AttentionOperations,
    RecurrentOperations {}

export type OpKind = keyof Operations;
export type Inputs<K extends OpKind> = Operations[K]["inputs"];
export type With<K extends OpKind> = Operations[K]["with"];

const table: { readonly [K in OpKind]: Rules<K> } = {
  ...leaves,
  ...elementwise,
  ...logic,
  ...matrix,
  ...shaping,
  ...reduction,
  ...lookup,
  ...loss,
  ...ctc,
  ...normalization,
  ...convolution,
  ...pooling,
  ...attention,
  ...recurrent,
};

export const rulesOf = <K extends OpKind>(kind: K): Rules<K> => table[kind];

/** Which output of its input a node reads: that of a `pick`, else the only one. */
export const outputRead = (y: Tensor): number => (isPick(y) ? y.with.index : 0);
const isPick = (y: Tensor): y is Tensor<"pick"> => y.kind === "pick";
