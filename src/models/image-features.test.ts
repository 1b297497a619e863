import { describe, expect, it } from "vitest";
import { dataUrlOf } from "../kernel/picture.ts";
import type { Picture } from "../kernel/png.ts";
import { type ImagePreprocessing, imageCodec, pictureOf } from "./image-features.ts";

const reading: ImagePreprocessing = {
  kind: "image",
  format: 1,
  channels: 1,
  height: 2,
  width: 2,
  storedSideMax: 64,
  pixelsMax: 100_000,
  mean: [0.5],
  deviation: [0.25],
};
const grey = (width: number, height: number, data: readonly number[]): Picture => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(data),
});
const colour: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) };

describe("an image as features", () => {
  it("is standardized, in planes", () => {
    const { read, feeds } = imageCodec(reading);
    const image = read(dataUrlOf(grey(2, 2, [0, 255, 255, 0])));
    expect([...image]).toEqual([-2, 2, 2, -2]);
    expect(feeds([image, image])["pixels"]).toMatchObject({ dims: [2, 1, 2, 2] });
    const rgb = imageCodec({ ...reading, channels: 3, height: 1, width: 1, mean: [0, 0, 0], deviation: [1, 1, 1] });
    expect([...rgb.read(dataUrlOf(colour))]).toEqual([1, 0, 0]);
    expect([...rgb.read(dataUrlOf(grey(1, 1, [51])))].map((x) => Number(x.toFixed(3)))).toEqual([0.2, 0.2, 0.2]);
  });

  it("colour becomes grey by luma where the model sees grey", () => {
    expect([...pictureOf(dataUrlOf(colour), { ...reading, height: 1, width: 1 }).data]).toEqual([76]);
  });

  it("a large image is read as it would have been stored: shrunk first, then scaled", () => {
    const large = grey(
      128,
      128,
      Array.from({ length: 128 * 128 }, (_, i) => (i * 37) % 256),
    );
    const stored = pictureOf(dataUrlOf(large), { ...reading, height: 64, width: 64 });
    const sized = { ...reading, height: 28, width: 28 };
    expect(pictureOf(dataUrlOf(large), sized)).toEqual(pictureOf(dataUrlOf(stored), sized));
  });

  it.each([
    ["You have won", "The input is no image"],
    ['{"age":3}', "The input is no image"],
    ["data:image/png;base64,AAAA", "not a PNG or JPEG that can be read"],
    [
      dataUrlOf(
        grey(
          400,
          400,
          Array.from({ length: 160_000 }, () => 0),
        ),
      ),
      "more than 100000 pixels",
    ],
  ])("refuses %#", (input, says) => {
    expect(() => imageCodec(reading).read(input)).toThrow(says);
  });
});
