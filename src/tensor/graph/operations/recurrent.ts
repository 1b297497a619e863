import { invariant, must } from "../../../kernel/errors.ts";
import type { Emitter } from "../emitter.ts";
import { type Dim, type Shape, sameShape, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Family, Make, Ruled, Several } from "./operation.ts";
import { emitBackThroughGru, emitBackThroughLstm } from "./recurrent-gradient.ts";
import { areFloats, areIntegers, floats } from "./rule-parts.ts";

/** How a recurrent operation reads its sequence, and which of its inputs are there. */
export interface Recurrence {
  /** Last step first. With lengths, each sequence is turned around inside its own length. */
  readonly backward: boolean;
  /** Whether initial states are among the inputs; else they are zeros. */
  readonly initial: boolean;
  /** Whether int32 lengths [batch], each at least 1, are the last input; steps beyond a length give zeros. */
  readonly lengths: boolean;
}
/** Which outputs the loss depends on: their gradients follow the operation's own inputs and its sequence of outputs. */
export interface Upstream extends Recurrence {
  readonly upstream: readonly boolean[];
}

/**
 * Recurrent layers over a sequence, time first; n inputs, h units.
 * lstm: x [length, batch, n], kernel [4h, n], recurrent [4h, h], bias [4h], initial h and c [batch, h], lengths →
 * sequence [length, batch, h], last h and c [batch, h]. Gates in the order i, o, f, c (Hochreiter and Schmidhuber 1997,
 * with the forget gate of Gers et al. 2000).
 * gru: kernel [3h, n], recurrent [3h, h], bias [6h] (of the input, then of the state), initial h → sequence, last h.
 * Gates in the order z, r, h; the reset gate acts after the product (Cho et al. 2014, the form of cuDNN and PyTorch).
 */
export interface RecurrentOperations {
  readonly lstm: Several<readonly Tensor[], Recurrence>;
  readonly gru: Several<readonly Tensor[], Recurrence>;
  /** Gradients of x, kernel, recurrent, bias and initial states. */
  readonly lstmGradient: Several<readonly Tensor[], Upstream>;
  readonly gruGradient: Several<readonly Tensor[], Upstream>;
}

interface Cell {
  readonly name: "lstm" | "gru";
  readonly gates: number;
  readonly biases: number;
  readonly states: number;
}
const lstmCell: Cell = { name: "lstm", gates: 4, biases: 4, states: 2 };
const gruCell: Cell = { name: "gru", gates: 3, biases: 6, states: 1 };

/** The names or nodes of a recurrent operation's inputs, by their role. */
export function roles<Value>({ states }: { readonly states: number }, inputs: readonly Value[], how: Recurrence) {
  const at = (i: number): Value => must(inputs[i], "a recurrent operation has all its inputs");
  const initial = how.initial ? Array.from({ length: states }, (_, i) => at(4 + i)) : [];
  const used = 4 + initial.length;
  return {
    x: at(0),
    kernel: at(1),
    recurrent: at(2),
    bias: at(3),
    initial,
    lengths: how.lengths ? at(used) : undefined,
    rest: inputs.slice(used + (how.lengths ? 1 : 0)),
  };
}

function sizes(cell: Cell, inputs: readonly Tensor[], how: Recurrence) {
  const { x, kernel, recurrent, bias, initial, lengths } = roles(cell, inputs, how);
  areFloats(x, kernel, recurrent, bias, ...initial);
  if (lengths) areIntegers(lengths);
  invariant(x.rank === 3, `a sequence is [length, batch, n], not ${shapeText(x.shape)}`);
  const [length, batch, n] = [x.dim(0), x.dim(1), x.dim(2)];
  const units = Number(recurrent.dim(1));
  const state: Shape = [batch, units];
  const fits =
    sameShape(kernel.shape, [cell.gates * units, n]) &&
    sameShape(recurrent.shape, [cell.gates * units, units]) &&
    sameShape(bias.shape, [cell.biases * units]) &&
    initial.every(({ shape }) => sameShape(shape, state)) &&
    (!lengths || sameShape(lengths.shape, [batch]));
  invariant(fits, `${cell.name} fits: ${inputs.map(({ shape }) => shapeText(shape)).join(" ")}`);
  return { length, units, state };
}

const shapeOf =
  (cell: Cell) =>
  (inputs: readonly Tensor[], how: Recurrence): Ruled[] => {
    const { length, units, state } = sizes(cell, inputs, how);
    const sequence: Dim[] = [length, state[0] ?? 1, units];
    return [floats(sequence), ...Array.from({ length: cell.states }, () => floats(state))];
  };

const gradientShapeOf =
  (cell: Cell) =>
  (inputs: readonly Tensor[], how: Recurrence): Ruled[] => {
    const { state } = sizes(cell, inputs, how);
    const { x, kernel, recurrent, bias } = roles(cell, inputs, how);
    const states = Array.from({ length: cell.states }, () => floats(state));
    return [x, kernel, recurrent, bias].map(({ shape }) => floats(shape)).concat(states);
  };

const gradientOf =
  (cell: Cell) =>
  (y: Tensor<"lstm" | "gru">, g: readonly (Tensor | null)[], make: Make): (Tensor | null)[] => {
    const present = g.filter((part) => part !== null);
    const upstream = g.map((part) => part !== null);
    const back = make(`${cell.name}Gradient`, [...y.inputs, y.pick(0), ...present], { ...y.with, upstream });
    return y.inputs.map((input, i) => (input.type === "float32" ? back.pick(i) : null));
  };

const noSecondDerivative = (): never => {
  throw new Error("Invariant broken: recurrent layers are differentiated once");
};

/** ONNX has an axis of directions in front of weights, states and outputs. */
function emitLayer(
  cell: Cell,
  y: Tensor<"lstm" | "gru">,
  inputs: readonly string[],
  emit: Emitter,
  bias: (name: string) => string,
): string[] {
  const { x, kernel, recurrent, bias: given, initial, lengths } = roles(cell, inputs, y.with);
  const units = Number(y.inputs[2]?.dim(1));
  const one = (name: string): string => emit.node("Unsqueeze", [name, emit.ints([0])]);
  const [weights, states] = [[kernel, recurrent, bias(given)].map(one), initial.map(one)];
  const named = [x, ...weights, lengths ?? "", ...states];
  while (named.at(-1) === "") named.pop();
  const direction = y.with.backward ? "reverse" : "forward";
  const attributes = { hidden_size: units, direction, ...(cell.name === "gru" ? { linear_before_reset: 1 } : {}) };
  const [sequence = "", ...last] = emit.nodes(cell.name.toUpperCase(), named, 1 + cell.states, attributes);
  const squeeze = (name: string, axis: number): string => emit.node("Squeeze", [name, emit.ints([axis])]);
  const wanted = last.map((name, i) => (emit.wants(y, i + 1) ? squeeze(name, 0) : ""));
  return [emit.wants(y, 0) ? squeeze(sequence, 1) : "", ...wanted];
}

export const recurrent: Family<RecurrentOperations> = {
  lstm: {
    shape: shapeOf(lstmCell),
    emit: (y, inputs, emit) => {
      const units = Number(y.inputs[2]?.dim(1));
      const zeros = emit.constant(new Float32Array(4 * units), [4 * units]); // ONNX adds a bias of the state
      return emitLayer(lstmCell, y, inputs, emit, (bias) => emit.node("Concat", [bias, zeros], { axis: 0 }));
    },
    gradient: gradientOf(lstmCell),
  },
  gru: {
    shape: shapeOf(gruCell),
    emit: (y, inputs, emit) => emitLayer(gruCell, y, inputs, emit, (bias) => bias),
    gradient: gradientOf(gruCell),
  },
  lstmGradient: {
    shape: gradientShapeOf(lstmCell),
    emit: (y, inputs, emit) => emitBackThroughLstm(y, roles(lstmCell, inputs, y.with), emit),
    gradient: noSecondDerivative,
  },
  gruGradient: {
    shape: gradientShapeOf(gruCell),
    emit: (y, inputs, emit) => emitBackThroughGru(y, roles(gruCell, inputs, y.with), emit),
    gradient: noSecondDerivative,
  },
};
