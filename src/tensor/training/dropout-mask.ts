import { seededRandom } from "../../kernel/random.ts";

/**
 * Fills a mask with 0 (share `rate`) and 1 / (1 - rate). Element i of a step is a hash of (seed, name, step, i), so a
 * resumed run draws the same masks without replaying the earlier ones. Mixing: lowbias32 (Chris Wellons).
 */
export function fillMask(mask: Float32Array, rate: number, seed: string, step: number): void {
  const kept = 1 / (1 - rate);
  const threshold = rate * 4294967296;
  const key = Math.floor(seededRandom(`${seed}/${step}`).next() * 4294967296);
  for (let i = 0; i < mask.length; i++) {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ key;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    mask[i] = (x ^ (x >>> 16)) >>> 0 < threshold ? 0 : kept;
  }
}
