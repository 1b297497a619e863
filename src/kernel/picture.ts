import { decode as decodeJpeg } from "jpeg-js";
import { type Picture, type PictureFault, decodePng, encodePng, isPng, withFewestChannels } from "./png.ts";

/** The bytes of a base64 data URL, whatever type it claims; `undefined` when it is none. */
export function bytesOfDataUrl(text: string): Uint8Array | undefined {
  const [, body] = /^data:image\/[a-z0-9.+-]{1,30};base64,([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  return body === undefined ? undefined : Buffer.from(body, "base64");
}

/** A PNG as the data URL in which an image is stored and sent. */
export const dataUrlOf = (picture: Picture): string =>
  `data:image/png;base64,${Buffer.from(encodePng(picture)).toString("base64")}`;

/** Decodes a PNG or JPEG; the first bytes tell which. */
export function decodePicture(bytes: Uint8Array, pixelsMax: number): Picture | PictureFault {
  if (isPng(bytes)) return decodePng(bytes, pixelsMax);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return "broken_image";
  const pixels = jpegPixels(bytes);
  if (pixels === 0) return "broken_image";
  if (pixels > pixelsMax) return "image_too_large";
  if (jpegScans(bytes) > scansMax) return "broken_image";
  try {
    const { width, height, data } = decodeJpeg(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: pixelsMax / 1e6,
      maxMemoryUsageInMB: 64 + (pixelsMax * 32) / 1e6, // coefficients, components and lines of every pixel
    });
    return data.length === width * height * 3 ? withFewestChannels(width, height, data) : "broken_image";
  } catch {
    return "broken_image";
  }
}

/** Each may go over all pixels again for a few bytes: with 4,000 of them 54 kB took a minute. Progressive files have about 10. */
const scansMax = 64;

/** How often a scan may begin (SOS); inside of one the two bytes cannot stand. */
function jpegScans(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) if (bytes[at + 1] === 0xda) scans++;
  return scans;
}

/** Width times height from the frame header (SOF0 to SOF2); 0 without one. */
function jpegPixels(bytes: Uint8Array): number {
  const word = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2) return word(at + 5) * word(at + 7);
    at += marker === 0xff ? 1 : 2 + word(at + 2); // fill bytes before a marker are allowed
  }
  return 0;
}

/** The picture, scaled down to at most `side` in width and height with its proportions; smaller ones stay as they are. */
export function shrink(picture: Picture, side: number): Picture {
  const scale = side / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const scaled = (length: number): number => Math.max(Math.round(length * scale), 1);
  return resize(picture, scaled(picture.width), scaled(picture.height));
}

/** Every new pixel is the mean of the area it covers. */
export function resize(picture: Picture, width: number, height: number): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const { channels, data } = picture;
  const across = coverage(picture.width, width);
  const down = coverage(picture.height, height);
  const narrow = new Float64Array(picture.height * width * channels); // [height, new width, channels]
  for (let y = 0; y < picture.height; y++) {
    for (const [x, { first, weights }] of across.entries()) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [k, weight] of weights.entries()) {
          sum += weight * (data[(y * picture.width + first + k) * channels + c] ?? 0);
        }
        narrow[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const out = new Uint8Array(height * width * channels);
  const stride = width * channels;
  for (const [y, { first, weights }] of down.entries()) {
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (const [k, weight] of weights.entries()) sum += weight * (narrow[(first + k) * stride + i] ?? 0);
      out[y * stride + i] = Math.round(sum);
    }
  }
  return { width, height, channels, data: out };
}

/** For each of `to` cells the `from` cells it covers, with their shares. */
function coverage(from: number, to: number): { first: number; weights: readonly number[] }[] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * step, Math.min((i + 1) * step, from)];
    const first = Math.min(Math.floor(start + 1e-9), from - 1);
    const last = Math.max(Math.min(Math.ceil(end - 1e-9), from) - 1, first);
    const shares = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(Math.min(first + k + 1, end) - Math.max(first + k, start), 0),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    return { first, weights: shares.map((share) => share / total) };
  });
}
