import { seededRandom } from "../../kernel/random.ts";

/**
 * MinHash with banding (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3): texts
 * that share a band key are candidates. With `bands` of `rows` minima, texts of Jaccard similarity s become candidates
 * with probability 1 - (1 - s^rows)^bands: 0.9996 at 0.8, 0.47 at 0.5, 0.001 at 0.15.
 */
export const bands = 20;
const rows = 5;
const hashes = bands * rows;

const random = seededRandom("millrace/minhash/1"); // part of what is stored: another stream would orphan every sketch
const multipliers = Uint32Array.from({ length: hashes }, () => random.below(2 ** 31) * 2 + 1);
const offsets = Uint32Array.from({ length: hashes }, () => random.below(2 ** 32));

/** The band keys of a set of shingles: `bands` words. */
export function sketchOf(shingles: Uint32Array): Uint32Array {
  const keys = new Uint32Array(bands);
  for (let band = 0; band < bands; band++) {
    let key = band + 1;
    for (let row = 0; row < rows; row++) key = foldIn(key, minimumOf(shingles, band * rows + row));
    keys[band] = key;
  }
  return keys;
}

function minimumOf(shingles: Uint32Array, hash: number): number {
  const multiplier = multipliers[hash] ?? 1;
  const offset = offsets[hash] ?? 0;
  let minimum = 0xffffffff;
  for (let i = 0; i < shingles.length; i++) {
    const value = (Math.imul(shingles[i] ?? 0, multiplier) + offset) >>> 0;
    if (value < minimum) minimum = value;
  }
  return minimum;
}

function foldIn(key: number, value: number): number {
  let h = Math.imul(key ^ value, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

/** 107 characters of base64, to keep with an example. */
export function packSketch(sketch: Uint32Array): string {
  return Buffer.from(sketch.buffer, sketch.byteOffset, sketch.byteLength).toString("base64url");
}

export function unpackSketch(packed: string): Uint32Array {
  const bytes = Buffer.from(packed, "base64url");
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
