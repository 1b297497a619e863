import { seededRandom } from "../../kernel/random.ts";
import { resolveShape, type Sizes, sizeOf } from "../graph/shape.ts";
import type { MaskDeclaration } from "../model/model.ts";
import { value, type Values } from "../runtime/runtime.ts";
import { f32, i32, instantiate, op, v128, wasmMemory, type WasmMemory, wasmModule } from "../runtime/wasm.ts";

/** Vectors of four floats in one turn of the loop. */
const unrolled = 4;
/** Bytes of one turn: masks begin at multiples of it. */
const turnBytes = unrolled * 16;
const spread = 0x9e3779b1;

type Kernel = (...parameters: number[]) => void;

/**
 * Masks of zeros (share `rate`) and 1 / (1 - rate). Element i of a step is a hash of (seed, name, step, i), so a resumed
 * run draws the same masks without replaying the earlier ones. They lie in one memory that every step writes anew.
 */
export class DropoutMasks {
  private readonly declarations: readonly MaskDeclaration[];
  private readonly seed: number | string;
  private memory: WasmMemory | undefined;
  private kernel: Kernel = () => {};

  constructor(declarations: readonly MaskDeclaration[], seed: number | string) {
    this.declarations = declarations;
    this.seed = seed;
  }

  /** The masks of one step by name, until the next call. */
  draw(sizes: Sizes, step: number | string): Values {
    const masks = this.declarations.map(({ name, shape, rate }) => {
      const dims = resolveShape(shape, sizes);
      return { name, rate, dims, turns: Math.ceil((sizeOf(dims) * 4) / turnBytes) };
    });
    const memory = this.room(masks.reduce((sum, { turns }) => sum + turns, 0) * turnBytes);
    let at = 0;
    const values = masks.map(({ name, rate, dims, turns }) => {
      const from = at;
      at += turns * turnBytes;
      const key = Math.floor(seededRandom(`${this.seed}/mask/${name}/${step}`).next() * 2 ** 32);
      this.kernel(from, turns, key, Math.ceil(rate * 2 ** 32), 1 / (1 - rate));
      return [name, value(new Float32Array(memory.buffer, from, sizeOf(dims)), dims)] as const;
    });
    return Object.fromEntries(values);
  }

  /** Memory for this many bytes, the old one if it is large enough. */
  private room(bytes: number): WasmMemory {
    if (this.memory && this.memory.buffer.byteLength >= bytes) return this.memory;
    this.memory = wasmMemory(bytes);
    this.kernel = instantiate(maskModule(), this.memory);
    return this.memory;
  }
}

/** run(address, turns, key, threshold, kept): for i = 0, 1, … writes `kept` where hash(i) ≥ threshold, else 0. */
function maskModule(): Uint8Array<ArrayBuffer> {
  const [address, turns, key, threshold, kept] = [0, 1, 2, 3, 4];
  const [counters, keys, thresholds, kepts, x] = [5, 6, 7, 8, 9];
  const shiftedXor = (bits: number) => [op.get(x), op.get(x), op.i32Const(bits), op.i32x4ShiftRight, op.v128Xor];
  const times = (factor: number) => [op.i32x4Const(factor, factor, factor, factor), op.i32x4Mul];
  const step = Math.imul(4, spread);
  const vector = (offset: number) => [
    [op.get(counters), op.get(keys), op.v128Xor, op.set(x)],
    [op.get(counters), op.i32x4Const(step, step, step, step), op.i32x4Add, op.set(counters)],
    [shiftedXor(16), times(0x7feb352d), op.set(x)], // lowbias32 (Chris Wellons)
    [shiftedXor(15), times(0x846ca68b), op.set(x)],
    [shiftedXor(16), op.set(x)],
    [op.get(address), op.get(x), op.get(thresholds), op.i32x4AtLeast, op.get(kepts), op.v128And, op.v128Store(offset)],
  ];
  const first = [1, 2, 3, 4].map((i) => Math.imul(i, spread));
  return wasmModule(
    [i32, i32, i32, i32, f32],
    [v128, v128, v128, v128, v128],
    [
      [op.i32x4Const(...first), op.set(counters)],
      [op.get(key), op.i32x4Splat, op.set(keys)],
      [op.get(threshold), op.i32x4Splat, op.set(thresholds)],
      [op.get(kept), op.splat, op.set(kepts)],
      op.whileNotZero(turns, [
        Array.from({ length: unrolled }, (_, i) => vector(i * 16)),
        [op.get(address), op.i32Const(turnBytes), op.i32Add, op.set(address)],
        [op.get(turns), op.i32Const(1), op.i32Sub, op.set(turns)],
      ]),
    ],
  );
}
