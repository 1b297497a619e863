import { limits } from "../../kernel/limits.ts";
import { bytesOfDataUrl, dataUrlOf, decodePicture, shrink } from "../../kernel/picture.ts";
import type { RejectionReason } from "../readers/read.ts";

export type PreparedImage =
  | { readonly ok: true; readonly input: string; readonly wasShrunk: boolean }
  | { readonly ok: false; readonly reason: RejectionReason };

/**
 * Brings a data URL with a PNG or JPEG into the one form in which images are stored: a PNG of at most
 * `limits.imageSideMax` a side, grey where nothing has a colour. Preparing twice changes nothing.
 */
export function prepareImage(raw: string, pixelsMax: number = limits.imagePixelsMax): PreparedImage {
  const bytes = bytesOfDataUrl(raw.trim());
  if (!bytes) return { ok: false, reason: "not_an_image" };
  const picture = decodePicture(bytes, pixelsMax);
  if (typeof picture === "string") return { ok: false, reason: picture };
  const small = shrink(picture, limits.imageSideMax);
  return { ok: true, input: dataUrlOf(small), wasShrunk: small !== picture };
}

/** Size and colour of a stored image, from its header alone. */
export function describeImage(input: string): { width: number; height: number; isGrey: boolean } {
  const header = Buffer.from(
    input.slice("data:image/png;base64,".length, "data:image/png;base64,".length + 44),
    "base64",
  );
  return { width: header.readUInt32BE(16), height: header.readUInt32BE(20), isGrey: header[25] === 0 };
}
