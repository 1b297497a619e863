import { invariant } from "../../kernel/errors.ts";
import { type Code, f32, i32, instantiate, op, v128, type WasmMemory, wasmModule } from "./wasm.ts";

const [from, bytes, left] = [0, 1, 2];
const sums = [3, 4, 5, 6]; // four that do not wait for each other

/** Whether an array in `memory`, of whole vectors of four, holds finite numbers only: x · 0 is 0 of these alone. */
export function compileFiniteCheck(memory: WasmMemory): (data: Float32Array) => boolean {
  const run = instantiate(finiteModule(), memory);
  return (data) => {
    invariant(data.buffer === memory.buffer && data.length % 4 === 0, "whole vectors in the memory are checked");
    return run(data.byteOffset, data.byteLength) === 0;
  };
}

function finiteModule(): Uint8Array<ArrayBuffer> {
  const change = (local: number, by: Code, how: Code): Code => [op.get(local), by, how, op.set(local)];
  const addVector = (sum: number, offset: number): Code => [
    [op.get(sum), op.get(from), op.v128Load(offset), op.v128Const(0), op.mul],
    [op.add, op.set(sum)],
  ];
  const body = [
    [op.get(bytes), op.i32Const(6), op.i32ShiftRight, op.set(left)],
    op.whileNotZero(left, [
      sums.map((sum, i) => addVector(sum, i * 16)),
      change(from, op.i32Const(64), op.i32Add),
      change(left, op.i32Const(1), op.i32Sub),
    ]),
    [op.get(bytes), op.i32Const(63), op.i32And, op.set(left)],
    op.whileNotZero(left, [
      addVector(sums[0] ?? 0, 0),
      change(from, op.i32Const(16), op.i32Add),
      change(left, op.i32Const(16), op.i32Sub),
    ]),
    sums.map((sum, i) => [0, 1, 2, 3].map((lane) => [op.get(sum), op.lane(lane), i + lane > 0 ? op.f32Add : []])),
  ];
  return wasmModule([i32, i32], [i32, v128, v128, v128, v128], body, [f32]);
}
