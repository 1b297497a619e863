import { type ImagePreprocessing, imageCodec } from "../models/index.ts";
import { limits } from "../kernel/limits.ts";

const side = 16;

/** At 16 by 16 pixels in grey. */
const reading: ImagePreprocessing = {
  kind: "image",
  format: 1,
  channels: 1,
  width: side,
  height: side,
  storedSideMax: limits.imageSideMax,
  pixelsMax: limits.imagePixelsMax,
  mean: [0],
  deviation: [1],
};

/** The class whose mean image is nearest, at 16 by 16 grey pixels: softmax of minus the squared distance. */
export function fitNearestMean(
  images: readonly string[],
  labels: Int32Array,
  classes: number,
): (images: readonly string[]) => Float32Array {
  const codec = imageCodec(reading);
  const means = Array.from({ length: classes }, () => new Float64Array(side * side));
  const counts = new Float64Array(classes);
  for (const [i, image] of images.entries()) {
    const k = labels[i] as number;
    const mean = means[k] as Float64Array;
    counts[k] = (counts[k] as number) + 1;
    for (const [p, value] of codec.read(image).entries()) mean[p] = (mean[p] as number) + value;
  }
  for (const [k, mean] of means.entries())
    for (const [p, sum] of mean.entries()) mean[p] = sum / Math.max(counts[k] as number, 1);
  return (asked) => {
    const out = new Float32Array(asked.length * classes);
    for (const [i, image] of asked.entries()) {
      const pixels = codec.read(image);
      const far = means.map((mean, k) =>
        counts[k] === 0
          ? Number.POSITIVE_INFINITY
          : pixels.reduce((sum, x, p) => sum + (x - (mean[p] as number)) ** 2, 0),
      );
      const nearest = Math.min(...far);
      const weights = far.map((distance) => Math.exp(nearest - distance));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [k, weight] of weights.entries()) out[i * classes + k] = weight / total;
    }
    return out;
  };
}
