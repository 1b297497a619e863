import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { encode as encodeJpeg } from "jpeg-js";
import { describe, expect, it } from "vitest";
import { bytesOfDataUrl, dataUrlOf, decodePicture, resize, shrink } from "./picture.ts";
import { type Picture, decodePng, encodePng } from "./png.ts";

const max = 10_000;

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 20 }), height: fc.integer({ min: 1, max: 20 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): Picture => ({ width, height, channels: 3, data: data.map((v, i) => (i === 1 ? data[0]! ^ 1 : v)) })),
  );

/** A PNG as another writer might make it: any colour type, depth and filter, chunks given by hand. */
function write(
  [width, height, depth, color, interlace = 0]: readonly number[],
  lines: readonly (readonly number[])[],
  extra: readonly (readonly [string, readonly number[]])[] = [],
): Uint8Array {
  const word = (value: number): number[] => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
  const chunk = (type: string, body: readonly number[]): number[] => {
    const named = [...Buffer.from(type), ...body];
    return [...word(body.length), ...named, ...word(crc32(Uint8Array.from(named)))];
  };
  return Uint8Array.from([
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    ...chunk("IHDR", [...word(width!), ...word(height!), depth!, color!, 0, 0, interlace]),
    ...extra.flatMap(([type, body]) => chunk(type, body)),
    ...chunk("IDAT", [...deflateSync(Uint8Array.from(lines.flat()))]),
    ...chunk("IEND", []),
  ]);
}

const decoded = (bytes: Uint8Array): unknown => {
  const result = decodePng(bytes, max);
  return typeof result === "string" ? result : [result.channels, ...result.data];
};

describe("PNG", () => {
  it("what is written is read again, and written alike", () => {
    fc.assert(
      fc.property(picture, (one) => {
        const again = decodePng(encodePng(one), max);
        expect(again).toEqual(one);
        expect(encodePng(again as Picture)).toEqual(encodePng(one));
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it("more than one stored block", () => {
    const wide: Picture = { width: 300, height: 300, channels: 1, data: new Uint8Array(90_000).map((_, i) => i % 251) };
    expect(decodePng(encodePng(wide), 90_000)).toEqual(wide);
  });

  it.each<[string, Uint8Array, number[]]>([
    ["grey, 8 bits", write([2, 1, 8, 0], [[0, 7, 9]]), [1, 7, 9]],
    ["grey, 1 bit", write([3, 1, 1, 0], [[0, 0b1010_0000]]), [1, 255, 0, 255]],
    ["grey, 2 bits", write([4, 1, 2, 0], [[0, 0b0001_1011]]), [1, 0, 85, 170, 255]],
    ["grey, 4 bits", write([2, 1, 4, 0], [[0, 0x0f]]), [1, 0, 255]],
    ["grey, 16 bits", write([2, 1, 16, 0], [[0, 7, 200, 9, 3]]), [1, 7, 9]],
    ["colour, 8 bits", write([1, 1, 8, 2], [[0, 1, 2, 3]]), [3, 1, 2, 3]],
    ["colour, 16 bits", write([1, 1, 16, 2], [[0, 1, 0, 2, 0, 3, 0]]), [3, 1, 2, 3]],
    ["palette, 2 bits", write([2, 1, 2, 3], [[0, 0b0100_0000]], [["PLTE", [1, 2, 3, 4, 5, 6]]]), [3, 4, 5, 6, 1, 2, 3]],
    [
      "palette with transparency, onto white",
      write(
        [2, 1, 8, 3],
        [[0, 0, 1]],
        [
          ["PLTE", [0, 0, 0, 0, 0, 0]],
          ["tRNS", [0, 255]],
        ],
      ),
      [1, 255, 0],
    ],
    ["grey and alpha, onto white", write([3, 1, 8, 4], [[0, 0, 0, 0, 255, 0, 51]]), [1, 255, 0, 204]],
    ["colour and alpha", write([1, 1, 8, 6], [[0, 10, 20, 30, 255]]), [3, 10, 20, 30]],
    ["one grey is the transparent one", write([2, 1, 8, 0], [[0, 7, 9]], [["tRNS", [0, 7]]]), [1, 255, 9]],
    ["colour without a colour is grey", write([2, 1, 8, 2], [[0, 5, 5, 5, 6, 6, 6]]), [1, 5, 6]],
    ["sub", write([3, 1, 8, 0], [[1, 1, 1, 1]]), [1, 1, 2, 3]],
    [
      "up",
      write(
        [2, 2, 8, 0],
        [
          [0, 1, 2],
          [2, 1, 1],
        ],
      ),
      [1, 1, 2, 2, 3],
    ],
    [
      "average",
      write(
        [2, 2, 8, 0],
        [
          [0, 4, 8],
          [3, 1, 1],
        ],
      ),
      [1, 4, 8, 3, 6],
    ],
    [
      "Paeth",
      write(
        [2, 2, 8, 0],
        [
          [0, 10, 20],
          [4, 1, 1],
        ],
      ),
      [1, 10, 20, 11, 21],
    ],
    [
      "interlaced",
      write(
        [3, 3, 8, 0, 1],
        [
          [0, 1], // pass 1: (0, 0)
          [0, 3, 0, 0].slice(0, 0), // passes 2 and 3 are empty
          [0, 3], // pass 4: (2, 0)
          [0, 7, 9], // pass 5: (0, 2), (2, 2)
          [0, 2], // pass 6: (1, 0)
          [0, 8], // (1, 2)
          [0, 4, 5, 6], // pass 7: row 1
        ],
      ),
      [1, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
    [
      "chunks that nobody needs",
      write(
        [1, 1, 8, 0],
        [[0, 5]],
        [
          ["tEXt", [1, 2]],
          ["iCCP", [9, 9, 9]],
        ],
      ),
      [1, 5],
    ],
    ["a padded stream", write([1, 1, 8, 0], [[0, 5, 0, 0, 0]]), [1, 5]],
  ])("reads: %s", (_story, bytes, expected) => {
    expect(decoded(bytes)).toEqual(expected);
  });

  const good = write([2, 1, 8, 0], [[0, 7, 9]]);
  const flipped = Uint8Array.from(good);
  flipped[45]! ^= 1;
  it.each<[string, Uint8Array, string]>([
    ["cut short", good.subarray(0, -20), "broken_image"],
    ["one bit flipped", flipped, "broken_image"],
    ["no data", write([2, 1, 8, 0], []), "broken_image"],
    ["fewer lines than promised", write([2, 2, 8, 0], [[0, 7, 9]]), "broken_image"],
    ["no such filter", write([2, 1, 8, 0], [[5, 7, 9]]), "broken_image"],
    ["no such colour type", write([2, 1, 8, 5], [[0, 7, 9]]), "broken_image"],
    ["no such depth", write([2, 1, 3, 0], [[0, 7, 9]]), "broken_image"],
    ["no width", write([0, 1, 8, 0], [[0]]), "broken_image"],
    ["a palette without colours", write([1, 1, 8, 3], [[0, 4]]), "broken_image"],
    ["an unknown chunk that must be understood", write([1, 1, 8, 0], [[0, 4]], [["ABCD", []]]), "broken_image"],
    ["more pixels than allowed", write([101, 100, 8, 0], [[0]]), "image_too_large"],
    ["65,535 pixels a side in a hundred bytes", write([65_535, 65_535, 8, 2], [[0]]), "image_too_large"],
  ])("refuses: %s", (_story, bytes, fault) => {
    expect(decoded(bytes)).toBe(fault);
  });

  it("a small header before a hundred million bytes: never more is inflated than the header promised", () => {
    const stream = deflateSync(Buffer.alloc(100_000_000));
    const bytes = Buffer.concat([good.subarray(0, 33), idat(stream), good.subarray(-12)]);
    const before = process.memoryUsage().arrayBuffers;
    expect(decoded(bytes)).toBe("broken_image");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it("no bytes whatever make it throw", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, end) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = value;
        expect(["object", "string"]).toContain(typeof decodePicture(bytes.subarray(0, end), max));
      }),
      { seed: 9, numRuns: 500 },
    );
  });
});

function idat(stream: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from("IDAT"), stream]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(stream.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

describe("JPEG", () => {
  const rgba = (width: number, height: number, [r, g, b]: readonly number[]): Uint8Array =>
    Uint8Array.from({ length: width * height * 4 }, (_, i) => [r!, g!, b!, 255][i % 4]!);
  const jpeg = (width: number, height: number, color: readonly number[]): Uint8Array =>
    encodeJpeg({ width, height, data: rgba(width, height, color) }, 95).data;

  it("reads colour, and grey as grey", () => {
    const red = decodePicture(jpeg(9, 7, [200, 20, 40]), max);
    expect(red).toMatchObject({ width: 9, height: 7, channels: 3 });
    expect(Array.from((red as Picture).data.slice(0, 3), (v, i) => Math.abs(v - [200, 20, 40][i]!) < 6)).toEqual([
      true,
      true,
      true,
    ]);
    expect(decodePicture(jpeg(8, 8, [90, 90, 90]), max)).toMatchObject({ channels: 1 });
  });

  it.each<[string, Uint8Array, string]>([
    ["cut short", jpeg(16, 16, [1, 2, 3]).subarray(0, 300), "broken_image"],
    ["no frame", Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), "broken_image"],
    ["too many pixels", jpeg(101, 100, [1, 2, 3]), "image_too_large"],
    ["a GIF", Buffer.from("GIF89a......"), "broken_image"],
    ["nothing", new Uint8Array(), "broken_image"],
  ])("refuses: %s", (_story, bytes, fault) => {
    expect(decodePicture(bytes, max)).toBe(fault);
  });
});

it("a JPEG whose scans go over its pixels again and again is refused before it is decoded", () => {
  const jpeg = encodeJpeg({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 4).fill(90) }, 80).data;
  const scan = jpeg.subarray(jpeg.lastIndexOf(0xda) - 1, jpeg.length - 2);
  const repeated = (times: number) =>
    Buffer.concat([jpeg.subarray(0, -2), ...Array.from({ length: times - 1 }, () => scan), jpeg.subarray(-2)]);
  expect(decodePicture(repeated(64), 100)).toMatchObject({ width: 8, height: 8 });
  expect(decodePicture(repeated(65), 100)).toBe("broken_image");
});

describe("scaling", () => {
  const of = (width: number, height: number, data: readonly number[]): Picture => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from(data),
  });
  it("a new pixel is the mean of the area it covers", () => {
    expect([...resize(of(4, 2, [0, 10, 20, 30, 0, 10, 20, 30]), 2, 1).data]).toEqual([5, 25]);
    expect([...resize(of(3, 1, [0, 60, 120]), 2, 1).data]).toEqual([20, 100]); // (0 + 60/2) / 1.5, (60/2 + 120) / 1.5
    expect([...resize(of(2, 1, [0, 90]), 3, 1).data]).toEqual([0, 45, 90]);
    expect([...resize(of(1, 1, [7]), 3, 2).data]).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it("keeps proportions, at least a pixel, and what is small enough", () => {
    const wide = of(
      200,
      3,
      Array.from({ length: 600 }, () => 9),
    );
    expect(shrink(wide, 64)).toMatchObject({ width: 64, height: 1 });
    expect(shrink(wide, 200)).toBe(wide);
    expect(new Set(shrink(wide, 64).data)).toEqual(new Set([9]));
  });
});

it("a data URL holds the bytes of a PNG, and only base64 is one", () => {
  const one: Picture = { width: 1, height: 1, channels: 1, data: Uint8Array.of(5) };
  expect(decodePicture(bytesOfDataUrl(dataUrlOf(one))!, 1)).toEqual(one);
  for (const text of [
    "",
    "data:text/plain;base64,AAAA",
    "data:image/png,AAAA",
    "data:image/png;base64,!!",
    "http://x",
  ]) {
    expect(bytesOfDataUrl(text)).toBeUndefined();
  }
});
