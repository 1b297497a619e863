import { make, type Tensor } from "./tensor.ts";

export interface RecurrentInputs {
  /** [length, batch, n]: time first. */
  readonly x: Tensor;
  /** lstm [4h, n], gru [3h, n]. */
  readonly kernel: Tensor;
  /** lstm [4h, h], gru [3h, h]. */
  readonly recurrent: Tensor;
  /** lstm [4h], gru [6h]: of the input, then of the state. */
  readonly bias: Tensor;
  /** h, and for an lstm c: [batch, h]. Default zeros. */
  readonly initial?: readonly Tensor[];
  /** int32 [batch], each at least 1: how many steps of each sequence count; outputs of the others are zeros. */
  readonly lengths?: Tensor;
  /** Last step first, inside each sequence's length. Default false. */
  readonly backward?: boolean;
}

/** A recurrent layer: the outputs of all steps [length, batch, h], and the last states, h and for an lstm c, [batch, h]. */
export interface RecurrentOutputs {
  readonly sequence: Tensor;
  readonly states: readonly Tensor[];
}

/** Gates in the order i, o, f, c: c ← f c + i tanh(…), h = o tanh(c). */
export const lstmLayer = (inputs: RecurrentInputs): RecurrentOutputs => layer("lstm", 2, inputs);

/** Gates in the order z, r, h: h ← (1 - z) tanh(… + r (R h + b)) + z h. */
export const gruLayer = (inputs: RecurrentInputs): RecurrentOutputs => layer("gru", 1, inputs);

function layer(kind: "lstm" | "gru", states: number, inputs: RecurrentInputs): RecurrentOutputs {
  const { x, kernel, recurrent, bias, initial, lengths, backward = false } = inputs;
  const given = [x, kernel, recurrent, bias, ...(initial ?? []), ...(lengths ? [lengths.cast("int32")] : [])];
  const y = make(kind, given, { backward, initial: initial !== undefined, lengths: lengths !== undefined });
  return { sequence: y.pick(0), states: Array.from({ length: states }, (_, i) => y.pick(1 + i)) };
}

/** [batch, length, n] and [length, batch, n] become each other. */
export const swapBatchAndTime = (x: Tensor): Tensor => x.transpose([1, 0, 2]);
