/**
 * As much of WebAssembly's binary format as loops over vectors need.
 * https://webassembly.github.io/spec/core/binary
 */
export type Code = readonly (number | Code)[];

export const i32 = 0x7f;
export const f32 = 0x7d;
export const v128 = 0x7b;
const empty = 0x40;

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

const simd = (opcode: number): Code => [0xfd, leb(opcode)];
const f32Bytes = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

export const op = {
  get: (local: number): Code => [0x20, leb(local)],
  set: (local: number): Code => [0x21, leb(local)],
  /** A small constant, 0..8191. */
  i32Const: (value: number): Code => (value < 64 ? [0x41, value] : [0x41, (value & 0x7f) | 0x80, value >> 7]),
  i32Load: (): Code => [0x28, 2, 0],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Mul: [0x6c],
  i32And: [0x71],
  i32ShiftRight: [0x76],
  /** Runs `body` while `counter` is not zero. */
  whileNotZero: (counter: number, body: Code): Code => [
    [0x02, empty, 0x03, empty],
    [op.get(counter), 0x45, 0x0d, 1], // i32.eqz, br_if out of the block
    body,
    [0x0c, 0, 0x0b, 0x0b], //            br to the loop's start
  ],
  v128Load: (offset: number): Code => [simd(0x00), 4, leb(offset)],
  v128Store: (offset: number): Code => [simd(0x0b), 4, leb(offset)],
  v128Const: (value: number): Code => [simd(0x0c), ...Array.from({ length: 4 }, () => f32Bytes(value))],
  v128And: simd(0x4e),
  v128Xor: simd(0x51),
  splat: simd(0x13),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
  /** One of four floats. */
  lane: (index: number): Code => [simd(0x1f), index],
  f32Add: [0x92],
  /** Four unsigned integers side by side. */
  i32x4Const: (...values: readonly number[]): Code => [
    simd(0x0c),
    values.map((x) => [...new Uint8Array(Uint32Array.of(x).buffer)]),
  ],
  i32x4Splat: simd(0x11),
  i32x4Add: simd(0xae),
  i32x4Mul: simd(0xb5),
  i32x4ShiftRight: simd(0xad),
  i32x4AtLeast: simd(0x40),
} satisfies Record<string, Code | ((...args: never[]) => Code)>;

/** "\0asm", version 1. */
const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module with one function `run` over an imported memory `env.memory`. */
export function wasmModule(
  parameters: readonly number[],
  locals: readonly number[],
  body: Code,
  results: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text, "latin1")];
  const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
  const declared = [...leb(locals.length), ...locals.flatMap((type) => [1, type])];
  const code = [...declared, ...flat(body), 0x0b];
  return Uint8Array.from([
    ...header,
    ...section(1, [1, 0x60, ...leb(parameters.length), ...parameters, results.length, ...results]),
    ...section(2, [1, ...name("env"), ...name("memory"), 0x02, 0x00, 0x00]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("run"), 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

const flat = (code: Code): number[] => code.flatMap((part) => (typeof part === "number" ? [part] : flat(part)));

/** The engine's own `WebAssembly` object, as far as it is used here; its types come with the browser's library only. */
interface Engine {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: { readonly run: (...args: number[]) => number | undefined } };
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

const pageBytes = 65_536;

/** Zeros that never move. Pages nobody writes to cost no memory. */
export function wasmMemory(bytes: number): WasmMemory {
  const pages = Math.max(1, Math.ceil(bytes / pageBytes));
  return new engine.Memory({ initial: pages, maximum: pages });
}

export function instantiate(
  module: Uint8Array<ArrayBuffer>,
  memory: WasmMemory,
): (...args: number[]) => number | undefined {
  return new engine.Instance(new engine.Module(module), { env: { memory } }).exports.run;
}
