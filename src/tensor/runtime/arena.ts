import { Refusal } from "../../kernel/errors.ts";
import { wasmMemory, type WasmMemory } from "./wasm.ts";

/** A cache line, so that arrays do not share one. */
const alignmentBytes = 64;
const arenaBytesMax = 4 * 1024 ** 3 - 65_536;

const aligned = (floats: number): number => Math.ceil((floats * 4) / alignmentBytes) * alignmentBytes;

/** One block of memory that JavaScript, WebAssembly kernels and the runtime all see; its arrays never move. */
export interface Arena {
  readonly memory: WasmMemory;
  /** The next `length` floats, zero. */
  floats(length: number): Float32Array;
  ints(length: number): Int32Array;
}

/** An arena with room for arrays of these lengths (four-byte elements), to be taken in any order. */
export function createArena(lengths: readonly number[]): Arena {
  const bytes = lengths.reduce((sum, length) => sum + aligned(length), 0);
  if (bytes > arenaBytesMax) {
    throw new Refusal(
      "too_large",
      `Training needs ${(bytes / 1024 ** 3).toFixed(1)} GB for parameters and optimizer, 4 GB are possible.`,
      {
        hint: "Use a smaller table, a narrower layer or an optimizer with less state.",
      },
    );
  }
  const memory = wasmMemory(bytes);
  let at = 0;
  const take = (length: number): number => {
    const from = at;
    at += aligned(length);
    if (at > bytes) throw new Error("Invariant broken: an arena's arrays were declared");
    return from;
  };
  return {
    memory,
    floats: (length) => new Float32Array(memory.buffer, take(length), length),
    ints: (length) => new Int32Array(memory.buffer, take(length), length),
  };
}
