import { describe, expect, it } from "vitest";
import { dataUrlOf } from "../kernel/picture.ts";
import { limits } from "../kernel/limits.ts";
import { inputOf, inputShape } from "./inputs.ts";

const image = (side: number): string =>
  dataUrlOf({ width: side, height: side, channels: 1, data: new Uint8Array(side * side).fill(7) });

describe("what an endpoint is asked", () => {
  it.each<[string, unknown, object]>([
    ["a text stays as it is", "You have won", { input: "You have won" }],
    ["a row has one form", { b: null, a: 1.5 }, { input: '{"a":1.5,"b":null}', inputKind: "row" }],
    ["a row of one column that is called image", { image: "seen" }, { input: '{"image":"seen"}', inputKind: "row" }],
    ["a small image", { image: image(8) }, { input: image(8), inputKind: "image" }],
    ["a large image, as it would have been stored", { image: image(200) }, { input: image(64), inputKind: "image" }],
  ])("%s", (_story, given, expected) => {
    expect(inputOf(inputShape.parse(given))).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["nothing", ""],
    ["a number", 3],
    ["a list", ["a"]],
    ["an empty row", {}],
    ["a list in a column", { a: [1] }],
    ["a novel in a column", { a: "x".repeat(limits.cellCharsMax + 1) }],
    ["more columns than a table has", Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`c${i}`, 1]))],
    ["a text that is too long", "x".repeat(limits.predictionInputCharsMax + 1)],
  ])("refused by its shape: %s", (_story, given) => {
    expect(inputShape.safeParse(given).success).toBe(false);
  });

  it.each([
    ["no base64", "data:image/png,abc", "The image is no base64 data URL."],
    ["broken", "data:image/png;base64,AAAA", "The image is not a PNG or JPEG that can be read."],
    ["too large", image(1_001), "The image has more than 1000000 pixels."],
  ])("refused once it is looked at: %s", (_story, given, says) => {
    expect(() => inputOf({ image: given })).toThrow(says);
  });
});
