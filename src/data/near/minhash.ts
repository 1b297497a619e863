import { seededRandom } from "../../kernel/random.ts";

/**
 * MinHash with banding (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3): texts
 * that share a band key are candidates. With `bands` of `rows` minima, texts of Jaccard similarity s become candidates
 * with probability 1 - (1 - s^rows)^bands: 0.9996 at 0.8, 0.47 at 0.5, 0.001 at 0.15.
 */
export const bands = 20;
const rows = 5; // bandKey unrolls them
const hashes = bands * rows;

const random = seededRandom("millrace/minhash/1"); // part of what is stored: another stream would orphan every sketch
const multipliers = Int32Array.from({ length: hashes }, () => random.below(2 ** 31) * 2 + 1);
const offsets = Int32Array.from({ length: hashes }, () => random.below(2 ** 32));

/** The band keys of a set of shingles: `bands` words, written to `keys`. */
export function sketchOf(shingles: Uint32Array, keys: Uint32Array = new Uint32Array(bands)): Uint32Array {
  const signed = new Int32Array(shingles.buffer, shingles.byteOffset, shingles.length);
  for (let band = 0; band < bands; band++) keys[band] = bandKey(signed, band);
  return keys;
}

/** Five minima in one pass; in signed 32-bit arithmetic, which the compiler keeps out of floating point. */
function bandKey(shingles: Int32Array, band: number): number {
  const first = band * rows;
  const at = (table: Int32Array, row: number): number => table[first + row] ?? 0;
  const [m0, m1, m2, m3, m4] = [
    at(multipliers, 0),
    at(multipliers, 1),
    at(multipliers, 2),
    at(multipliers, 3),
    at(multipliers, 4),
  ];
  const [o0, o1, o2, o3, o4] = [at(offsets, 0), at(offsets, 1), at(offsets, 2), at(offsets, 3), at(offsets, 4)];
  let a = 0x7fffffff;
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  for (let i = 0; i < shingles.length; i++) {
    const shingle = (shingles[i] ?? 0) | 0;
    a = Math.min(a, (Math.imul(shingle, m0) + o0) | 0);
    b = Math.min(b, (Math.imul(shingle, m1) + o1) | 0);
    c = Math.min(c, (Math.imul(shingle, m2) + o2) | 0);
    d = Math.min(d, (Math.imul(shingle, m3) + o3) | 0);
    e = Math.min(e, (Math.imul(shingle, m4) + o4) | 0);
  }
  return [a, b, c, d, e].reduce(foldIn, band + 1);
}

function foldIn(key: number, value: number): number {
  let h = Math.imul(key ^ value, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

const slabSketches = 4_096;

/** Room for sketches, many to one buffer: a buffer of its own would cost each of them 300 bytes. */
export function sketchRoom(): () => Uint32Array {
  let slab = new Uint32Array(0);
  let used = 0;
  return () => {
    if (used === slab.length) {
      slab = new Uint32Array(slabSketches * bands);
      used = 0;
    }
    return slab.subarray(used, (used += bands));
  };
}

/** 107 characters of base64, to keep with an example. */
export function packSketch(sketch: Uint32Array): string {
  return Buffer.from(sketch.buffer, sketch.byteOffset, sketch.byteLength).toString("base64url");
}

export function unpackSketch(packed: string, keys: Uint32Array = new Uint32Array(bands)): Uint32Array {
  Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength).write(packed, "base64url");
  return keys;
}
