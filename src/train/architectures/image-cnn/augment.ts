import type { Random } from "../../../kernel/random.ts";

export interface Augmentation {
  readonly shift: number;
  readonly rotation: number;
  readonly flip: boolean;
}

/**
 * A standardized image [channels, height, width], moved and turned about its middle by chance and perhaps mirrored, with
 * values between pixels interpolated. What comes in from outside is the nearest pixel at the border.
 */
export function augment(
  image: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  { shift, rotation, flip }: Augmentation,
  random: Random,
): Float32Array<ArrayBuffer> {
  const angle = ((2 * random.next() - 1) * rotation * Math.PI) / 180;
  const [moveX, moveY] = [(2 * random.next() - 1) * shift, (2 * random.next() - 1) * shift];
  const mirror = flip && random.next() < 0.5 ? -1 : 1;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [midX, midY] = [(width - 1) / 2, (height - 1) / 2];
  const plane = height * width;
  const out = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - midX - moveX, y - midY - moveY];
      const fromX = Math.min(Math.max(mirror * (cos * dx + sin * dy) + midX, 0), width - 1);
      const fromY = Math.min(Math.max(cos * dy - sin * dx + midY, 0), height - 1);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
      const [u, v] = [fromX - left, fromY - top];
      for (let c = 0; c < channels; c++) {
        const at = c * plane;
        const above = (image[at + top * width + left] ?? 0) * (1 - u) + (image[at + top * width + right] ?? 0) * u;
        const below =
          (image[at + bottom * width + left] ?? 0) * (1 - u) + (image[at + bottom * width + right] ?? 0) * u;
        out[at + y * width + x] = above * (1 - v) + below * v;
      }
    }
  }
  return out;
}
