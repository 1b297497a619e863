import { describe, expect, it } from "vitest";
import { dataUrlOf } from "../kernel/picture.ts";
import { reviewableInput } from "./record.ts";

describe("an input of a paid answer, as a reviewer's window opens it", () => {
  const reviewable = (text: string, task: "image-classification" | "text-classification" = "image-classification") =>
    reviewableInput(task, { text, consent: "customer" });
  const data = new Uint8Array(200 * 100).map((_, i) => i % 251);
  const picture = dataUrlOf({ width: 200, height: 100, channels: 1, data });

  it("an image is drawn anew, as small as images are kept", () => {
    const shown = reviewable(picture);
    expect(shown).toMatchObject({ kind: "image", consent: "customer" });
    expect(shown?.text).toMatch(/^data:image\/png;base64,/);
    expect(shown?.text).not.toBe(picture);
    expect(reviewable(shown?.text ?? "")?.text).toBe(shown?.text);
  });

  it.each([
    ["an SVG", `data:image/svg+xml;base64,${Buffer.from("<svg onload='alert(1)'/>").toString("base64")}`],
    [
      "a script that says it is a PNG",
      `data:image/png;base64,${Buffer.from("<script>alert(1)</script>").toString("base64")}`,
    ],
    [
      "an image of too many pixels",
      dataUrlOf({ width: 2_000, height: 2_000, channels: 1, data: new Uint8Array(4_000_000) }),
    ],
    ["an address", "https://example.com/picture.png"],
    ["a text", "a cat"],
  ])("%s is shown to nobody", (_story, text) => {
    expect(reviewable(text)).toBeUndefined();
  });

  it("what looks like an image is a text where the model reads texts", () => {
    expect(reviewable(picture, "text-classification")).toMatchObject({ kind: "text", text: picture });
  });
});
