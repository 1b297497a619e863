import { type Dim, elements, productDim, type Shape, sizeOf } from "../graph/shape.ts";
import { concat, constant, type Tensor } from "../graph/tensor.ts";
import { broadcastIndex, calculate, type FloatArray, type Known, known, knownInts, readTensor } from "./constants.ts";
import { type ForeignNode, type Imported, isKnown, shapeOf } from "./node.ts";
import type { Rules } from "./rules.ts";

/** A range of more numbers than this is no table of positions. */
const knownMax = 2 ** 20;

/** A reshape's target with its 0 and -1 replaced. */
function target(node: ForeignNode, from: Shape, to: readonly Dim[], zeroCopies: boolean): Dim[] {
  const copied = to.map((dim, i) => (dim === 0 && zeroCopies ? (from[i] ?? 0) : dim));
  const open = copied.indexOf(-1);
  if (open < 0) return copied;
  const rest = calculate(
    "Div",
    knownInts([productDim(from)]),
    knownInts([productDim(copied.filter((_, i) => i !== open))]),
  );
  const dim = rest?.data[0];
  if (dim === undefined)
    throw node.refusal(`reshapes [${from.join(", ")}] to [${to.join(", ")}], which leaves a size unknown`);
  return copied.map((size, i) => (i === open ? dim : size));
}

function reshaped(node: ForeignNode, shape: readonly Dim[]): Imported {
  const x = node.input(0);
  if (isKnown(x)) return known(x.type, shape.map(Number), x.data);
  const witness = elements(shape).names.length > 1 ? node.witness(shape) : null;
  return x.reshape(shape, witness ?? undefined);
}

function reshape(node: ForeignNode): Imported {
  const to = node.ints("shape") ?? node.dims(1);
  return reshaped(node, target(node, shapeOf(node.input(0)), to, node.int("allowzero", 0) === 0));
}

function squeeze(node: ForeignNode): Imported {
  const { shape } = node.input(0);
  const axes = node.axes(1, shape.length) ?? [...shape.keys()].filter((i) => shape[i] === 1);
  return reshaped(
    node,
    shape.filter((_, i) => !axes.includes(i)),
  );
}

function unsqueeze(node: ForeignNode): Imported {
  const { shape } = node.input(0);
  const count = (node.ints("axes") ?? node.dims(1)).length;
  const axes = node.axes(1, shape.length + count) ?? [];
  const rest = [...shape];
  return reshaped(
    node,
    Array.from({ length: shape.length + count }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() ?? 1))),
  );
}

function flatten(node: ForeignNode): Imported {
  const { shape } = node.input(0);
  const given = node.int("axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  return reshaped(node, [productDim(shape.slice(0, axis)), productDim(shape.slice(axis))]);
}

function transpose(node: ForeignNode): Imported {
  const x = node.tensor(0);
  return x.transpose(node.ints("perm") ?? [...x.shape.keys()].reverse());
}

function shape(node: ForeignNode): Imported {
  const { shape: dims } = node.input(0);
  const from = node.int("start", 0);
  const to = node.int("end", dims.length);
  return knownInts(dims.slice(from, to));
}

function gather(node: ForeignNode): Imported {
  const x = node.input(0);
  const axis = node.axis(x.shape.length, node.int("axis", 0));
  const places = node.known(1);
  const size = x.shape[axis];
  if (!places) return node.tensor(0).gather(node.tensor(1), axis);
  const ids = places.data.map((id) => {
    if (typeof id !== "number") throw node.refusal(`reads the place "${id}"`);
    if (id >= 0) return id;
    if (typeof size !== "number") throw node.refusal(`counts from the end of the dimension "${size}"`);
    return id + size;
  });
  if (isKnown(x) && x.shape.length === 1)
    return known(
      x.type,
      places.shape,
      ids.map((id) => x.data[id] ?? 0),
    );
  return node.tensor(0).gather(constant(BigInt64Array.from(ids, BigInt), places.shape), axis);
}

/** One axis of a slice. */
function sliced(node: ForeignNode, x: Imported, axis: number, from: Dim, to: Dim, step: Dim): Imported {
  const size = x.shape[axis] ?? 1;
  const beyond = typeof to === "number" && to >= 2 ** 31 - 1;
  if (step === 1 && from === 0 && (to === size || beyond)) return x;
  if (typeof from !== "number" || typeof step !== "number")
    throw node.refusal(`begins at "${from}" and steps by "${step}"`);
  if (typeof to === "string") {
    // the first places of a table of positions
    const witness = node.witness([to]);
    if (from !== 0 || step !== 1 || !witness || isKnown(x)) throw node.refusal(`slices ${from} to "${to}"`);
    return x.gather(witness.positions(witness.shape.indexOf(to)), axis);
  }
  if (typeof size === "string") {
    if (from < 0 || to < 0 || beyond || step !== 1)
      throw node.refusal(`slices ${from} to ${to} of the dimension "${size}"`);
    if (isKnown(x)) throw node.refusal("slices a shape it does not know");
    return x.gather(constant(BigInt64Array.from({ length: to - from }, (_, i) => BigInt(from + i))), axis);
  }
  const bound = (place: number): number => Math.min(size, Math.max(0, place < 0 ? place + size : place));
  const places: number[] = [];
  if (step > 0) for (let i = bound(from); i < bound(to); i += step) places.push(i);
  else
    for (let i = Math.min(size - 1, from < 0 ? from + size : from); i > (to < 0 ? to + size : to) && i >= 0; i += step)
      places.push(i);
  if (isKnown(x)) {
    if (x.shape.length !== 1) throw node.refusal("slices a known array of more than one axis");
    return known(
      x.type,
      [places.length],
      places.map((i) => x.data[i] ?? 0),
    );
  }
  const [first] = places;
  if (step === 1 && first !== undefined) return x.slice(axis, first, first + places.length);
  if (first === undefined) throw node.refusal("gives an empty slice");
  return x.gather(constant(BigInt64Array.from(places, BigInt)), axis);
}

function slice(node: ForeignNode): Imported {
  const x = node.input(0);
  const [starts, ends] = [node.ints("starts") ?? node.dims(1), node.ints("ends") ?? node.dims(2)];
  const axes = node.axes(3, x.shape.length) ?? [...starts.keys()];
  const steps = node.has(4) ? node.dims(4) : starts.map(() => 1);
  let result: Imported = isKnown(x) && x.shape.length !== 1 ? node.tensor(0) : x;
  for (const [i, axis] of axes.entries()) {
    result = sliced(node, result, axis, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  }
  return result;
}

function split(node: ForeignNode): Imported[] {
  const x = node.input(0);
  const axis = node.axis(x.shape.length, node.int("axis", 0));
  const size = x.shape[axis];
  const parts = node.int("num_outputs", node.outputs.length);
  if (typeof size !== "number") throw node.refusal(`splits the dimension "${size}"`);
  const each = Math.ceil(size / parts);
  const sizes =
    node.ints("split") ??
    (node.has(1) ? node.numbers(1) : Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each)));
  if (isKnown(x) && x.shape.length === 1) {
    let at = 0;
    return sizes.map((part) => known(x.type, [part], x.data.slice(at, (at += part))));
  }
  return node.tensor(0).split(axis, sizes);
}

function concatenation(node: ForeignNode): Imported {
  const parts = Array.from({ length: node.count }, (_, i) => node.input(i));
  const [first] = parts;
  if (!first) throw node.refusal("has no parts");
  if (parts.every(isKnown) && first.shape.length === 1) {
    const data = parts.flatMap((part) => (isKnown(part) ? part.data : []));
    return known(isKnown(first) ? first.type : "int64", [data.length], data);
  }
  const axis = node.axis(first.shape.length, node.int("axis", 0));
  const tensors = parts.map((_, i) => node.tensor(i));
  if (tensors.some((part) => typeof part.dim(axis) === "string"))
    throw node.refusal(`joins along the dimension "${first.shape[axis]}"`);
  return tensors.length === 1 && tensors[0] ? tensors[0] : concat(tensors, axis);
}

/** x broadcast to a shape whose names some tensor has. */
function expanded(node: ForeignNode, x: Tensor, to: readonly Dim[]): Tensor {
  const rank = Math.max(x.rank, to.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const [own, wanted] = [x.shape[i - rank + x.rank] ?? 1, to[i - rank + to.length] ?? 1];
    return wanted === 1 ? own : wanted;
  });
  if (shape.every((dim) => typeof dim === "number")) return x.expandTo(shape, x);
  const witness = node.witness(shape);
  if (!witness) throw node.refusal(`expands to [${shape.join(", ")}], whose sizes no single input has`);
  return x.type === "float32" ? x.expandTo(shape, witness) : x.cast("float32").expandTo(shape, witness).cast(x.type);
}

function expand(node: ForeignNode): Imported {
  const x = node.input(0);
  const to = node.dims(1);
  if (isKnown(x) && to.every((dim) => typeof dim === "number") && sizeOf(to.map(Number)) <= 4096) {
    const like = known("int64", to.map(Number), Array<Dim>(sizeOf(to.map(Number))).fill(0));
    const shape =
      calculate(
        "Add",
        { ...like, type: "int64" },
        known(
          "int64",
          x.shape,
          x.data.map(() => 0),
        ),
      )?.shape ?? [];
    return known(
      x.type,
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => x.data[broadcastIndex(i, shape, x.shape)] ?? 0),
    );
  }
  return expanded(node, node.tensor(0), to);
}

function constantOfShape(node: ForeignNode): Imported {
  const to = node.dims(0);
  const value = node.value("value");
  const read: Known | FloatArray = value ? readTensor(value) : known("float32", [1], [0]);
  const [fill, type] = "floats" in read ? [read.floats[0] ?? 0, "float32" as const] : [read.data[0] ?? 0, read.type];
  if (to.every((dim) => typeof dim === "number") && sizeOf(to.map(Number)) <= 4096) {
    return known(type, to.map(Number), Array<Dim>(sizeOf(to.map(Number))).fill(fill));
  }
  return expanded(node, constant(Number(fill)), to).cast(type);
}

function range(node: ForeignNode): Imported {
  const [from, to, step] = [node.dims(0)[0] ?? 0, node.dims(1)[0] ?? 0, node.dims(2)[0] ?? 1];
  if (typeof from === "number" && typeof to === "number" && typeof step === "number") {
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!(count <= knownMax)) throw node.refusal(`counts ${count} numbers; at most ${knownMax} are known in advance`);
    const data = Array.from({ length: count }, (_, i) => from + i * step);
    return known(node.known(0)?.type ?? "int64", [data.length], data);
  }
  const witness = typeof to === "string" ? node.witness([to]) : null;
  if (!witness || from !== 0 || step !== 1) throw node.refusal(`counts from "${from}" to "${to}" by "${step}"`);
  return witness.positions(witness.shape.indexOf(to));
}

/** Σ of an axis up to each place: x times a triangle of ones. */
function cumulative(node: ForeignNode): Imported {
  const x = node.tensor(0);
  const axis = node.axis(x.rank, node.scalar(1));
  if (axis !== x.rank - 1 || node.int("exclusive", 0) || node.int("reverse", 0)) {
    throw node.refusal("sums along another axis than the last, or exclusively, or in reverse");
  }
  const places = x.positions(axis).cast("float32");
  const size = x.dim(axis);
  const triangle = places
    .reshape([size, 1])
    .lessOrEqual(places.reshape([1, size]))
    .cast("float32"); // [j, i]: j <= i
  const rows = x.cast("float32");
  const flat = rows.rank === 1 ? rows.reshape([1, size]) : rows;
  return flat.matmul(triangle).reshape(x.shape, x).cast(x.type);
}

function constantNode(node: ForeignNode): Imported {
  const scalar = node.attribute("value_float")?.f;
  if (scalar !== undefined) return known("float32", [], [scalar]);
  const int = node.attribute("value_int")?.i;
  if (int !== undefined) return known("int64", [], [int]);
  const ints = node.ints("value_ints");
  if (ints) return knownInts(ints);
  const floats = node.attribute("value_floats")?.floats;
  if (floats) return known("float32", [floats.length], [...floats]);
  throw node.refusal("holds a value that is neither a number nor a tensor of numbers");
}

/** Operations of foreign graphs that move numbers about, or compute with shapes. */
export const shaping: Rules = {
  Constant: constantNode,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: (node) => known("int64", [], [productDim(node.input(0).shape)]),
  Range: range,
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Transpose: transpose,
  Gather: gather,
  Slice: slice,
  Split: split,
  Concat: concatenation,
  Expand: expand,
  CumSum: cumulative,
  Identity: (node) => node.input(0),
  Dropout: (node) => node.input(0), // as it answers, not as it trains
};
