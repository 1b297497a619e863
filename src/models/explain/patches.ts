import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { bytesOfDataUrl, dataUrlOf, decodePicture } from "../../kernel/picture.ts";
import type { Part, Variant } from "./explanation.ts";

type Patch = Extract<Part, { readonly kind: "patch" }>;

/** Patches on each side of the coarse grid. */
const side = 7;

/** An image whose patches can be covered with its mean colour. */
export function patchesOf(input: string): { grid(): Variant[]; quarters(patch: Patch): Variant[] } {
  const bytes = bytesOfDataUrl(input.trim());
  const picture = bytes && decodePicture(bytes, limits.imagePixelsMax);
  if (!picture || typeof picture === "string") {
    throw new Refusal("invalid_request", "The image cannot be read.", { param: "input" });
  }
  const { width, height, channels, data } = picture;
  const mean = Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < data.length; i += channels) sum += data[i] ?? 0;
    return Math.round(sum / (width * height));
  });
  const cover = (part: Patch): Variant => {
    const covered = Uint8Array.from(data);
    for (let y = part.y; y < part.y + part.height; y++) {
      for (let x = part.x; x < part.x + part.width; x++) covered.set(mean, (y * width + x) * channels);
    }
    return { part, without: dataUrlOf({ ...picture, data: covered }) };
  };
  const cut = (area: Patch, stepX: number, stepY: number): Variant[] => {
    const patches: Variant[] = [];
    for (let y = area.y; y < area.y + area.height; y += stepY) {
      for (let x = area.x; x < area.x + area.width; x += stepX) {
        const [right, bottom] = [Math.min(area.x + area.width, x + stepX), Math.min(area.y + area.height, y + stepY)];
        patches.push(cover({ kind: "patch", x, y, width: right - x, height: bottom - y }));
      }
    }
    return patches;
  };
  const all: Patch = { kind: "patch", x: 0, y: 0, width, height };
  return {
    grid: () => cut(all, Math.ceil(width / side), Math.ceil(height / side)),
    quarters: (patch) => cut(patch, Math.max(1, Math.ceil(patch.width / 2)), Math.max(1, Math.ceil(patch.height / 2))),
  };
}
