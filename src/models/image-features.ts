/**
 * An image to numbers. Of ours this file imports only how a PNG or JPEG is decoded and scaled: the compiled JavaScript of
 * both is what an exported model folder carries, so both sides run the very same code.
 */
import { bytesOfDataUrl, decodePicture, resize, shrink } from "../kernel/picture.ts";
import type { Picture } from "../kernel/png.ts";
import type { Codec } from "./codec.ts";

/** The parameters, as `preprocessing.json` holds them. */
export interface ImagePreprocessing {
  readonly kind: "image";
  /** Raised when the same parameters would give other features. */
  readonly format: 1;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Larger images are first scaled down to this side, as those that trained the model were when they were stored. */
  readonly storedSideMax: number;
  /** An image of more pixels is refused before it is decoded. */
  readonly pixelsMax: number;
  /** Of each channel over the training images, of pixels from 0 to 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** float32 [channels, height, width], standardized. */
export type ImageFeatures = Float32Array<ArrayBuffer>;

/** `pixels` float32 [batch, channels, height, width]. */
export function imageCodec(preprocessing: ImagePreprocessing): Codec<ImageFeatures> {
  const { channels, height, width } = preprocessing;
  return {
    read: (input) => standardize(pictureOf(input, preprocessing), preprocessing),
    length: () => 1,
    feeds: (batch) => ({ pixels: pixelFeed(batch, [channels, height, width]) }),
  };
}

/** Images of one size as one feed [batch, ...dims]. */
export function pixelFeed(batch: readonly Float32Array[], dims: readonly number[]) {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = new Float32Array(batch.length * size);
  for (const [i, image] of batch.entries()) data.set(image, i * size);
  return { data, dims: [batch.length, ...dims] };
}

/** The picture that the model sees: at its size and with its channels. */
export function pictureOf(
  input: string,
  { channels, height, width, storedSideMax, pixelsMax }: ImagePreprocessing,
): Picture {
  const bytes = bytesOfDataUrl(input.trim());
  if (!bytes) throw new Error("The input is no image: give a data URL of a PNG or JPEG.");
  const picture = decodePicture(bytes, pixelsMax);
  if (picture === "image_too_large") throw new Error(`The image has more than ${pixelsMax} pixels.`);
  if (picture === "broken_image") throw new Error("The image is not a PNG or JPEG that can be read.");
  return resize(withChannels(shrink(picture, storedSideMax), channels), width, height);
}

/** Grey of a colour by its luma (ITU-R BT.601). */
function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { width, height, data } = picture;
  const pixels = width * height;
  if (channels === 3) {
    return { width, height, channels, data: Uint8Array.from({ length: pixels * 3 }, (_, i) => data[(i / 3) | 0] ?? 0) };
  }
  const part = (i: number, c: number): number => data[3 * i + c] ?? 0;
  const luma = (i: number): number => Math.round(0.299 * part(i, 0) + 0.587 * part(i, 1) + 0.114 * part(i, 2));
  return { width, height, channels, data: Uint8Array.from({ length: pixels }, (_, i) => luma(i)) };
}

/** Interleaved bytes to standardized planes. */
export function standardize(
  picture: Picture,
  { mean, deviation }: Pick<ImagePreprocessing, "mean" | "deviation">,
): ImageFeatures {
  const { channels, data } = picture;
  const pixels = picture.width * picture.height;
  const out = new Float32Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    const [center, scale] = [mean[c] ?? 0, 1 / (deviation[c] ?? 1)];
    for (let i = 0; i < pixels; i++) out[c * pixels + i] = ((data[i * channels + c] ?? 0) / 255 - center) * scale;
  }
  return out;
}

export { imageCodec as codec };
