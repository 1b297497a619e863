import { invariant, must } from "../../kernel/errors.ts";
import { type Code, f32, i32, instantiate, op, v128, type WasmMemory, wasmModule } from "./wasm.ts";

type Binary = "add" | "sub" | "mul" | "div" | "min" | "max";

/** An elementwise formula over float32 arrays and scalars. A node used twice is computed once. */
export type Formula =
  | { readonly is: "array"; readonly name: string }
  | { readonly is: "scalar"; readonly name: string }
  | { readonly is: "constant"; readonly value: number }
  | { readonly is: "sqrt"; readonly of: Formula }
  | { readonly is: Binary; readonly left: Formula; readonly right: Formula };

export const array = (name: string): Formula => ({ is: "array", name });
export const scalar = (name: string): Formula => ({ is: "scalar", name });
export const number = (value: number): Formula => ({ is: "constant", value });
export const sqrt = (of: Formula): Formula => ({ is: "sqrt", of });
const binary =
  (is: Binary) =>
  (left: Formula, right: Formula): Formula => ({ is, left, right });
export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
export const min = binary("min");
export const max = binary("max");

export interface KernelSource {
  /** Arrays in the order of the call. A `row` array is read and written at the rows named by the ids, a `flat` one in order. */
  readonly arrays: { readonly [name: string]: "flat" | "row" };
  readonly scalars: readonly string[];
  /** What is stored into which array, after every formula was computed. */
  readonly stores: { readonly [array: string]: Formula };
}

/** `rows` rows of `width` floats (a multiple of 4). All arrays lie in one memory. */
export type Kernel = (call: {
  readonly rows: number;
  readonly width: number;
  /** Floats from one row of a `row` array to the next. */
  readonly stride?: number;
  /** Which rows of the `row` arrays. */
  readonly ids?: Int32Array;
  readonly arrays: { readonly [name: string]: Float32Array };
  readonly scalars: { readonly [name: string]: number };
}) => void;

/** The first parameters of every kernel; a pointer for each array and the scalars follow. */
const [rowsLeft, widthBytes, strideBytes, idAt] = [0, 1, 2, 3];
const vectorBytes = 16;
/** Vectors of one turn of the inner loop; what is left of a row is done vector by vector. */
const unrolled = 4;

/** Compiles formulas to one loop of 128-bit vector instructions over `memory`. */
export function compileKernel(source: KernelSource, memory: WasmMemory): Kernel {
  const names = Object.keys(source.arrays);
  const run = instantiate(kernelModule(source, names), memory);
  const needsIds = Object.values(source.arrays).includes("row");

  return ({ rows, width, stride = width, ids, arrays, scalars }) => {
    invariant(width % 4 === 0, "a kernel's rows are whole vectors of four floats");
    invariant(!needsIds || (ids !== undefined && ids.length >= rows), "a row kernel has an id for each row");
    const pointers = names.map((name) => {
      const data = must(arrays[name], `the kernel's array ${name}`);
      invariant(data.buffer === memory.buffer, "a kernel's arrays lie in its memory");
      return data.byteOffset;
    });
    const [count, size] = needsIds ? [rows, width] : [1, rows * width]; // without ids, all rows are one
    const numbers = source.scalars.map((name) => must(scalars[name], name));
    run(count, size * 4, stride * 4, ids?.byteOffset ?? 0, ...pointers, ...numbers);
  };
}

function kernelModule(source: KernelSource, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const parameters = [i32, i32, i32, i32, ...names.map(() => i32), ...source.scalars.map(() => f32)];
  const locals: number[] = [];
  const local = (type: number): number => parameters.length + locals.push(type) - 1;
  const [left, rowOffset] = [local(i32), local(i32)];
  const cursors = new Map(names.map((name) => [name, local(i32)]));
  const { prologue, vector } = vectorWriter(source, 4 + names.length, cursors, local);

  const add = (at: number, by: number): Code => [op.get(at), op.i32Const(by), op.i32Add, op.set(at)];
  const sub = (at: number, by: number): Code => [op.get(at), op.i32Const(by), op.i32Sub, op.set(at)];
  const advance = (bytes: number): Code => [...cursors.values()].map((cursor) => add(cursor, bytes));
  const row = [
    [op.get(idAt), op.i32Load(), op.get(strideBytes), op.i32Mul, op.set(rowOffset)],
    names.map((name, i) => {
      const [pointer, cursor] = [4 + i, must(cursors.get(name), name)];
      return source.arrays[name] === "row"
        ? [op.get(pointer), op.get(rowOffset), op.i32Add, op.set(cursor)]
        : [op.get(pointer), op.set(cursor), op.get(pointer), op.get(widthBytes), op.i32Add, op.set(pointer)];
    }),
    [op.get(widthBytes), op.i32Const(6), op.i32ShiftRight, op.set(left)], // whole turns of 64 bytes
    op.whileNotZero(left, [
      Array.from({ length: unrolled }, (_, i) => vector(i * vectorBytes)),
      advance(unrolled * vectorBytes),
      sub(left, 1),
    ]),
    [op.get(widthBytes), op.i32Const(63), op.i32And, op.set(left)],
    op.whileNotZero(left, [vector(0), advance(vectorBytes), sub(left, vectorBytes)]),
    add(idAt, 4),
    sub(rowsLeft, 1),
  ];
  return wasmModule(parameters, locals, [prologue, op.whileNotZero(rowsLeft, row)]);
}

/** Code that fills locals with scalars and constants once, and code that computes and stores one vector. */
function vectorWriter(
  source: KernelSource,
  firstScalar: number,
  cursors: ReadonlyMap<string, number>,
  local: (type: number) => number,
): { readonly prologue: Code; readonly vector: (offset: number) => Code } {
  const fixed = new Map<string | number, number>(); // scalars by name, constants by value
  const prologue: Code[] = source.scalars.map((name, i) => {
    const at = local(v128);
    fixed.set(name, at);
    return [op.get(firstScalar + i), op.splat, op.set(at)];
  });
  const cursor = (name: string): Code => op.get(must(cursors.get(name), `the kernel's array ${name}`));

  const vector = (offset: number): Code => {
    const computed = new Map<Formula, number>();
    const code: Code[] = [];
    const instructions = (formula: Formula): Code => {
      if (formula.is === "array") return [cursor(formula.name), op.v128Load(offset)];
      if (formula.is === "sqrt") return [op.get(place(formula.of)), op.sqrt];
      if (formula.is === "constant") return op.v128Const(formula.value);
      if (formula.is === "scalar") throw new Error(`the kernel has no scalar ${formula.name}`);
      return [op.get(place(formula.left)), op.get(place(formula.right)), op[formula.is]];
    };
    const place = (formula: Formula): number => {
      const key = formula.is === "scalar" ? formula.name : formula.is === "constant" ? formula.value : undefined;
      const known = key === undefined ? computed.get(formula) : fixed.get(key);
      if (known !== undefined) return known;
      const made = instructions(formula);
      const at = local(v128);
      (key === undefined ? code : prologue).push([made, op.set(at)]);
      if (key === undefined) computed.set(formula, at);
      else fixed.set(key, at);
      return at;
    };
    const results = Object.entries(source.stores).map(([name, formula]) => [name, place(formula)] as const);
    for (const [name, at] of results) code.push([cursor(name), op.get(at), op.v128Store(offset)]);
    return code;
  };
  return { prologue, vector };
}
