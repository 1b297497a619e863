import { invariant, must } from "../../kernel/errors.ts";
import { type Code, f32, i32, instantiate, op, v128, type WasmMemory, wasmModule } from "./wasm.ts";

/** An elementwise formula over float32 arrays and scalars. A node used twice is computed once. */
export type Formula =
  | { readonly is: "array"; readonly name: string }
  | { readonly is: "scalar"; readonly name: string }
  | { readonly is: "constant"; readonly value: number }
  | { readonly is: "sqrt"; readonly of: Formula }
  | { readonly is: "add" | "sub" | "mul" | "div"; readonly left: Formula; readonly right: Formula };

export const array = (name: string): Formula => ({ is: "array", name });
export const scalar = (name: string): Formula => ({ is: "scalar", name });
export const number = (value: number): Formula => ({ is: "constant", value });
export const sqrt = (of: Formula): Formula => ({ is: "sqrt", of });
const binary =
  (is: "add" | "sub" | "mul" | "div") =>
  (left: Formula, right: Formula): Formula => ({ is, left, right });
export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");

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

// The first parameters of every kernel; a pointer for each array and the scalars follow.
const [rowsLeft, widthBytes, strideBytes, idAt] = [0, 1, 2, 3];

/** Compiles formulas to one loop of 128-bit vector instructions over `memory`. */
export function compileKernel(source: KernelSource, memory: WasmMemory): Kernel {
  const names = Object.keys(source.arrays);
  const parameters = [i32, i32, i32, i32, ...names.map(() => i32), ...source.scalars.map(() => f32)];
  const locals: number[] = [];
  const local = (type: number): number => parameters.length + locals.push(type) - 1;

  const [bytesLeft, rowOffset] = [local(i32), local(i32)];
  const pointer = new Map(names.map((name, i) => [name, 4 + i]));
  const cursor = new Map(names.map((name) => [name, local(i32)]));
  const splats = new Map(source.scalars.map((name) => [name, local(v128)]));
  const prologue = source.scalars.map((name, i) => [
    op.get(4 + names.length + i),
    op.splat,
    op.set(must(splats.get(name), name)),
  ]);

  const computed = new Map<Formula, number>();
  const inner: Code[] = [];
  const place = (formula: Formula): number => {
    const known = formula.is === "scalar" ? splats.get(formula.name) : computed.get(formula);
    if (known !== undefined) return known;
    const code = instructions(formula, place, cursor);
    const at = local(v128);
    inner.push([...code, op.set(at)]);
    computed.set(formula, at);
    return at;
  };
  const stored = Object.entries(source.stores).map(([name, formula]) => [name, place(formula)] as const);
  for (const [name, at] of stored) inner.push([op.get(must(cursor.get(name), name)), op.get(at), op.v128Store()]);

  const increase = (at: number, by: number) => [op.get(at), op.i32Const(by), op.i32Add, op.set(at)];
  const decrease = (at: number, by: number) => [op.get(at), op.i32Const(by), op.i32Sub, op.set(at)];
  const body = [
    prologue,
    op.whileNotZero(rowsLeft, [
      [op.get(idAt), op.i32Load(), op.get(strideBytes), op.i32Mul, op.set(rowOffset)],
      names.map((name) => {
        const [from, to] = [must(pointer.get(name), name), must(cursor.get(name), name)];
        return source.arrays[name] === "row"
          ? [op.get(from), op.get(rowOffset), op.i32Add, op.set(to)]
          : [op.get(from), op.set(to), op.get(from), op.get(widthBytes), op.i32Add, op.set(from)];
      }),
      [op.get(widthBytes), op.set(bytesLeft)],
      op.whileNotZero(bytesLeft, [
        inner,
        names.map((name) => increase(must(cursor.get(name), name), 16)),
        decrease(bytesLeft, 16),
      ]),
      increase(idAt, 4),
      decrease(rowsLeft, 1),
    ]),
  ];
  const run = instantiate(wasmModule(parameters, locals, body), memory);
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
    run(
      count,
      size * 4,
      stride * 4,
      ids?.byteOffset ?? 0,
      ...pointers,
      ...source.scalars.map((name) => must(scalars[name], name)),
    );
  };
}

function instructions(
  formula: Formula,
  place: (formula: Formula) => number,
  cursor: ReadonlyMap<string, number>,
): Code {
  switch (formula.is) {
    case "array":
      return [op.get(must(cursor.get(formula.name), formula.name)), op.v128Load()];
    case "scalar":
      throw new Error(`the kernel has no scalar ${formula.name}`);
    case "constant":
      return [op.v128Const(formula.value)];
    case "sqrt":
      return [op.get(place(formula.of)), op.sqrt];
    case "add":
    case "sub":
    case "mul":
    case "div":
      return [op.get(place(formula.left)), op.get(place(formula.right)), op[formula.is]];
  }
}
