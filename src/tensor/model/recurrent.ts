import { invariant, must } from "../../kernel/errors.ts";
import { gruLayer, lstmLayer, type RecurrentOutputs, swapBatchAndTime } from "../graph/recurrent.ts";
import { concat, type Tensor } from "../graph/tensor.ts";
import { glorot, type Initializer, orthogonal, zeros } from "./initializers.ts";
import { dropout } from "./layers.ts";
import type { Scope } from "./model.ts";

export interface RecurrentOptions {
  /** Width of each layer's state. */
  readonly units: number;
  /** Layers above each other: `name.0` reads x, `name.1` the sequence of `name.0`. Default 1. */
  readonly layers?: number;
  /** Default `forward`; `both` is two layers side by side, whose outputs are joined: [..., 2 units]. */
  readonly direction?: "forward" | "backward" | "both";
  /** int32 [batch], each at least 1: steps beyond it are padding, which changes nothing. Default: every step counts. */
  readonly lengths?: Tensor;
  /** All steps [batch, length, units], zeros in the padding (the default), or the last state [batch, units]. */
  readonly outputs?: "sequence" | "last";
  /** Dropout between layers, on each layer's sequence but the last one's. */
  readonly dropout?: number;
}

interface Cell {
  readonly layer: typeof lstmLayer;
  readonly gates: number;
  /** Of the bias, in units. */
  readonly biases: number;
  readonly bias: (units: number) => Initializer;
}

/** Forget gates begin open (Jozefowicz, Zaremba and Sutskever 2015); of i, o, f, c they are the third. */
const openForgetGates = (units: number): Initializer => ({
  name: "zeros, forget gates ones",
  draw: (data) => void data.fill(0).fill(1, 2 * units, 3 * units),
});
const lstmCell: Cell = { layer: lstmLayer, gates: 4, biases: 4, bias: openForgetGates };
const gruCell: Cell = { layer: gruLayer, gates: 3, biases: 6, bias: () => zeros };

/**
 * Long short-term memory over x [batch, length, n] (Hochreiter and Schmidhuber 1997). For each layer the parameters
 * `name.0.kernel` [4 units, n], `name.0.recurrent` [4 units, units] and `name.0.bias` [4 units], gates in ONNX's order
 * i, o, f, c; for both directions `name.0.forward.kernel` and so on. Glorot, orthogonal, and a forget bias of 1.
 */
export function lstm(scope: Scope, name: string, x: Tensor, options: RecurrentOptions): Tensor {
  return stack(lstmCell, scope, name, x, options).y;
}

/**
 * Gated recurrent units over x [batch, length, n] (Cho et al. 2014; the reset gate acts after the product, as in cuDNN and
 * PyTorch). Parameters as for `lstm`: kernel [3 units, n], recurrent [3 units, units], bias [6 units] (of the input, then
 * of the state), gates in ONNX's order z, r, h.
 */
export function gru(scope: Scope, name: string, x: Tensor, options: RecurrentOptions): Tensor {
  return stack(gruCell, scope, name, x, options).y;
}

export interface StatefulOptions extends Omit<RecurrentOptions, "direction" | "lengths"> {
  /** Of each layer, its states [batch, units] before the first step: h, and for an lstm c. */
  readonly initial: readonly (readonly Tensor[])[];
}

/** The same layers, continued from given states and with the states after the last step: how text is generated. */
export function lstmFrom(scope: Scope, name: string, x: Tensor, options: StatefulOptions): Stacked {
  return stack(lstmCell, scope, name, x, options);
}
export function gruFrom(scope: Scope, name: string, x: Tensor, options: StatefulOptions): Stacked {
  return stack(gruCell, scope, name, x, options);
}

export interface Stacked {
  readonly y: Tensor;
  /** Of each layer, its states after the last step. */
  readonly states: readonly (readonly Tensor[])[];
}

type StackOptions = RecurrentOptions & Partial<Pick<StatefulOptions, "initial">>;

function stack(cell: Cell, scope: Scope, name: string, x: Tensor, options: StackOptions): Stacked {
  const { layers = 1, outputs = "sequence", dropout: rate = 0, initial } = options;
  invariant(x.rank === 3, "a recurrent layer reads [batch, length, n]");
  invariant(layers >= 1, "there is a layer");
  let sequence = swapBatchAndTime(x);
  const states: (readonly Tensor[])[] = [];
  let last: readonly RecurrentOutputs[] = [];
  for (let i = 0; i < layers; i++) {
    last = directions(cell, scope, `${name}.${i}`, sequence, options, initial?.[i]);
    states.push(last.flatMap((side) => side.states));
    sequence = joined(last.map((side) => side.sequence));
    if (i < layers - 1) sequence = dropout(scope, `${name}.${i}.dropout`, sequence, rate);
  }
  const y = outputs === "sequence" ? swapBatchAndTime(sequence) : joined(last.map((side) => lastOf(side)));
  return { y, states };
}

const lastOf = ({ states }: RecurrentOutputs): Tensor => must(states[0], "a layer has a state");
const joined = (sides: readonly Tensor[]): Tensor => (sides.length === 1 && sides[0] ? sides[0] : concat(sides, -1));

/** One layer in one direction, or two of them. */
function directions(
  cell: Cell,
  scope: Scope,
  name: string,
  x: Tensor,
  { units, direction = "forward", lengths }: StackOptions,
  initial: readonly Tensor[] | undefined,
): RecurrentOutputs[] {
  const sides = direction === "both" ? (["forward", "backward"] as const) : [direction];
  return sides.map((side) => {
    const own = direction === "both" ? `${name}.${side}` : name;
    const n = Number(x.dim(2));
    const rows = cell.gates * units;
    return cell.layer({
      x,
      kernel: scope.parameter(`${own}.kernel`, [rows, n], { initial: glorot }),
      recurrent: scope.parameter(`${own}.recurrent`, [rows, units], { initial: orthogonal() }),
      bias: scope.parameter(`${own}.bias`, [cell.biases * units], { initial: cell.bias(units) }),
      backward: side === "backward",
      ...(initial ? { initial } : {}),
      ...(lengths ? { lengths } : {}),
    });
  });
}
