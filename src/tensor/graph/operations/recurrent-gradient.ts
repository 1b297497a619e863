import { dataTypes } from "../../onnx/schema.ts";
import type { Emitter } from "../emitter.ts";
import type { Tensor } from "../tensor.ts";

/** Names of the inputs of a recurrent gradient: those of the layer, then its sequence of outputs and what flows in. */
interface Names {
  readonly x: string;
  readonly kernel: string;
  readonly recurrent: string;
  readonly bias: string;
  readonly initial: readonly string[];
  readonly lengths: string | undefined;
  readonly rest: readonly string[];
}

const list = (name: string, emit: Emitter, axis: number): string => emit.node("Unsqueeze", [name, emit.ints([axis])]);
const add = (emit: Emitter, a: string, b: string): string => emit.node("Add", [a, b]);
const sub = (emit: Emitter, a: string, b: string): string => emit.node("Sub", [a, b]);
const mul = (emit: Emitter, ...factors: readonly string[]): string =>
  factors.reduce((product, factor) => emit.node("Mul", [product, factor]));
/** s - s², the derivative of a sigmoid by its value. */
const slope = (emit: Emitter, s: string): string => sub(emit, s, mul(emit, s, s));

/** Pieces that both layers' gradients begin with; everything in the order in which the layer read its sequence. */
function prepare(y: Tensor<"lstmGradient" | "gruGradient">, names: Names, emit: Emitter) {
  const { backward, upstream } = y.with;
  const { x, lengths, initial, rest } = names;
  const units = Number(y.inputs[2]?.dim(1));
  const turn = (sequence: string): string => {
    if (!backward) return sequence;
    if (lengths !== undefined) {
      const sizes = emit.node("Cast", [lengths], { to: dataTypes.int64 });
      return emit.node("ReverseSequence", [sequence, sizes], { batch_axis: 1, time_axis: 0 });
    }
    const [last, beforeFirst] = [emit.ints([-1]), emit.ints([-(2 ** 31)])];
    return emit.node("Slice", [sequence, last, beforeFirst, emit.ints([0]), emit.ints([-1])]);
  };
  const dims = emit.node("Shape", [x]);
  const size = (axis: number): string => emit.node("Gather", [dims, emit.ints([axis])]); // [1]
  const zeros = emit.node("Expand", [
    emit.scalar(0),
    emit.node("Concat", [size(1), emit.ints([units])], { axis: 0 }), // [batch, units]
  ]);
  const states = [0, 1].map((i) => initial[i] ?? zeros);
  const sequence = turn(rest[0] ?? "");
  const before = emit.node("Slice", [sequence, emit.ints([0]), emit.ints([-1]), emit.ints([0])]);
  const previous = emit.node("Concat", [list(states[0] ?? "", emit, 0), before], { axis: 0 }); // h of the step before
  const flowing = rest.slice(1);
  const into = upstream.map((there) => (there ? flowing.shift() : undefined));
  /** Sequence of [..., width] numbers from rows [length * batch, width], and back. */
  const unfold = (rows: string, width: number): string =>
    emit.node("Reshape", [rows, emit.node("Concat", [size(0), size(1), emit.ints([width])], { axis: 0 })]);
  const fold = (steps: string, width: number): string => emit.node("Reshape", [steps, emit.ints([-1, width])]);
  return { units, turn, zeros, states, previous, into, unfold, fold, x: turn(x), time: clock(size(0), lengths, emit) };
}

/** Which steps of a sequence count [length, batch, 1], and which is the last: [length, batch or 1, 1], ones and zeros. */
function clock(length: string, lengths: string | undefined, emit: Emitter) {
  const whole = (value: bigint): string => emit.constant(BigInt64Array.of(value), []);
  const end = emit.node("Squeeze", [length, emit.ints([0])]);
  const steps = list(emit.node("Range", [whole(0n), end, whole(1n)]), emit, 1); // [length, 1]
  const ends = lengths === undefined ? length : list(emit.node("Cast", [lengths], { to: dataTypes.int64 }), emit, 0);
  const float = (condition: string): string => list(emit.node("Cast", [condition], { to: dataTypes.float32 }), emit, 2);
  return {
    counts: lengths === undefined ? undefined : float(emit.node("Less", [steps, ends])),
    last: float(emit.node("Equal", [steps, sub(emit, ends, whole(1n))])),
  };
}

/** d loss / d h of each step as far as it comes from outside: of the sequence, and of the last state at its step. */
function upstreamOf({ into, turn, time, zeros }: ReturnType<typeof prepare>, emit: Emitter): string {
  const [sequence, last] = into;
  const atLast = last === undefined ? undefined : mul(emit, time.last, list(last, emit, 0));
  if (sequence === undefined) return atLast ?? mul(emit, time.last, list(zeros, emit, 0));
  const turned = turn(sequence);
  const counted = time.counts === undefined ? turned : mul(emit, turned, time.counts);
  return atLast === undefined ? counted : add(emit, counted, atLast);
}

/**
 * Back-propagation through time. The gates of all steps are computed again by products over the whole sequence, so that
 * only two loops are left: c of every step, and, last step first, what flows from step to step.
 */
export function emitBackThroughLstm(y: Tensor<"lstmGradient">, names: Names, emit: Emitter): string[] {
  const ready = prepare(y, names, emit);
  const { units, zeros, states, previous, into, unfold, fold, time, turn, x } = ready;
  const n = Number(y.inputs[0]?.dim(2));
  const rows = fold(emit.node("Concat", [x, previous], { axis: 2 }), n + units); // [length * batch, n + units]
  const weights = emit.node("Concat", [names.kernel, names.recurrent], { axis: 1 }); // [4 units, n + units]
  const byGate = (name: string): readonly string[] => emit.nodes("Split", [name], 4, { axis: 0, num_outputs: 4 });
  const biases = byGate(names.bias);
  const [zi = "", zo = "", zf = "", zg = ""] = byGate(weights).map((gate, k) =>
    emit.node("Gemm", [rows, gate, biases[k] ?? ""], { transB: 1 }),
  );
  const [i, o, f] = [zi, zo, zf].map((z) => unfold(emit.node("Sigmoid", [z]), units)) as [string, string, string];
  const g = unfold(emit.node("Tanh", [zg]), units);

  const cells = emit.scan({
    states: [states[1] ?? zeros],
    sequences: [f, mul(emit, i, g)],
    backward: false,
    body: (inner, [c = ""], [forget = "", fresh = ""]) => {
      const next = add(inner, mul(inner, forget, c), fresh); // c = f c + i g
      return { states: [next], outputs: [next] };
    },
  });
  const c = cells.outputs[0] ?? "";
  const cBefore = emit.node("Slice", [c, emit.ints([0]), emit.ints([-1]), emit.ints([0])]);
  const cPrevious = emit.node("Concat", [list(states[1] ?? zeros, emit, 0), cBefore], { axis: 0 });
  const tanhC = emit.node("Tanh", [c]);
  // h = o tanh c: what dh becomes for o, and for c; what dc becomes for i, f and g
  const forO = mul(emit, tanhC, slope(emit, o));
  const forC = sub(emit, o, mul(emit, o, tanhC, tanhC));
  const forI = mul(emit, g, slope(emit, i));
  const forF = mul(emit, cPrevious, slope(emit, f));
  const forG = sub(emit, i, mul(emit, i, g, g));
  const factors = emit.node("Concat", [forI, forO, forF, forG], { axis: 2 });

  const dc = into[2];
  const ragged = dc !== undefined && names.lengths !== undefined;
  const back = emit.scan({
    states: [zeros, dc === undefined || ragged ? zeros : dc],
    sequences: [
      upstreamOf(ready, emit),
      forC,
      factors,
      f,
      ...(ragged ? [mul(emit, time.last, list(dc, emit, 0))] : []),
    ],
    backward: true,
    body: (inner, [hLater = "", cLater = ""], [dy = "", toC = "", toGates = "", forget = "", dcLast]) => {
      const dh = add(inner, dy, hLater);
      const flowing = add(inner, mul(inner, dh, toC), cLater);
      const dcStep = dcLast === undefined ? flowing : add(inner, flowing, dcLast);
      const dz = mul(inner, inner.node("Concat", [dcStep, dh, dcStep, dcStep], { axis: 1 }), toGates); // [batch, 4 units]
      const toEarlier = inner.node("MatMul", [dz, names.recurrent]);
      return { states: [toEarlier, mul(inner, dcStep, forget)], outputs: [dz] };
    },
  });
  const dz = back.outputs[0] ?? "";
  const dWeights = emit.node("Gemm", [fold(dz, 4 * units), rows], { transA: 1 });
  const [dKernel = "", dRecurrent = ""] = emit.nodes("Split", [dWeights, emit.ints([n, units])], 2, { axis: 1 });
  const dx = emit.wants(y, 0) ? turn(emit.node("MatMul", [dz, names.kernel])) : "";
  const dBias = emit.node("ReduceSum", [dz, emit.ints([0, 1])], { keepdims: 0 });
  return [dx, dKernel, dRecurrent, dBias, ...back.states];
}

/** As for the LSTM; every factor of a step's dh is known before the loop, whose body is one product and one matrix product. */
export function emitBackThroughGru(y: Tensor<"gruGradient">, names: Names, emit: Emitter): string[] {
  const ready = prepare(y, names, emit);
  const { units, zeros, previous, unfold, fold, turn, x } = ready;
  const n = Number(y.inputs[0]?.dim(2));
  const byGate = (name: string, count: number): readonly string[] =>
    emit.nodes("Split", [name], count, { axis: 0, num_outputs: count });
  const biases = byGate(names.bias, 6);
  const gates = (rows: string, weights: string, first: number): string[] =>
    byGate(weights, 3).map((gate, k) =>
      unfold(emit.node("Gemm", [rows, gate, biases[first + k] ?? ""], { transB: 1 }), units),
    );
  const [xRows, hRows] = [fold(x, n), fold(previous, units)];
  const [zx = "", rx = "", nx = ""] = gates(xRows, names.kernel, 0);
  const [zh = "", rh = "", nh = ""] = gates(hRows, names.recurrent, 3);
  const z = emit.node("Sigmoid", [add(emit, zx, zh)]);
  const r = emit.node("Sigmoid", [add(emit, rx, rh)]);
  const fresh = emit.node("Tanh", [add(emit, nx, mul(emit, r, nh))]);

  // h = (1 - z) fresh + z previous: what dh becomes for each product's row
  const toFresh = mul(emit, sub(emit, emit.scalar(1), z), sub(emit, emit.scalar(1), mul(emit, fresh, fresh)));
  const toZ = mul(emit, sub(emit, previous, fresh), slope(emit, z));
  const toR = mul(emit, toFresh, nh, slope(emit, r));
  const factors = emit.node("Concat", [toZ, toR, mul(emit, toFresh, r)], { axis: 2 });
  const back = emit.scan({
    states: [zeros],
    sequences: [upstreamOf(ready, emit), factors, z],
    backward: true,
    body: (inner, [later = ""], [dy = "", toGates = "", keep = ""]) => {
      const dh = add(inner, dy, later);
      const dGates = mul(inner, inner.node("Concat", [dh, dh, dh], { axis: 1 }), toGates); // [batch, 3 units]
      const toEarlier = inner.node("Gemm", [dGates, names.recurrent, mul(inner, dh, keep)]);
      return { states: [toEarlier], outputs: [dGates, dh] };
    },
  });
  const [ofState = "", dh = ""] = back.outputs;
  const [dzr = ""] = emit.nodes("Split", [ofState, emit.ints([2 * units, units])], 2, { axis: 2 });
  const ofInput = emit.node("Concat", [dzr, mul(emit, dh, toFresh)], { axis: 2 });
  const gradient = (steps: string, rows: string): string =>
    emit.node("Gemm", [fold(steps, 3 * units), rows], { transA: 1 });
  const total = (steps: string): string => emit.node("ReduceSum", [steps, emit.ints([0, 1])], { keepdims: 0 });
  const dBias = emit.node("Concat", [total(ofInput), total(ofState)], { axis: 0 });
  const dx = emit.wants(y, 0) ? turn(emit.node("MatMul", [ofInput, names.kernel])) : "";
  return [dx, gradient(ofInput, xRows), gradient(ofState, hRows), dBias, ...back.states];
}
