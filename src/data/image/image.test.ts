import path from "node:path";
import { encode as encodeJpeg } from "jpeg-js";
import { describe, expect, it } from "vitest";
import { limits } from "../../kernel/limits.ts";
import { dataUrlOf } from "../../kernel/picture.ts";
import { encodePng } from "../../kernel/png.ts";
import { seededRandom } from "../../kernel/random.ts";
import { describeEachEngine } from "../../store/testing/engines.ts";
import { createVersion } from "../change.ts";
import { createDataset } from "../datasets.ts";
import { exportJsonl, readExamples } from "../examples.ts";
import { findExamples, forgetExamples } from "../forget.ts";
import { renderReport } from "../report-text.ts";
import { parts } from "../splits.ts";
import { setUpDesk } from "../testing/desk.ts";
import { describeImage, prepareImage } from "./prepare.ts";

const noise = (width: number, height: number, channels: 1 | 3, seed: number) => {
  const random = seededRandom(seed);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => random.below(256)),
  };
};

describe("an image has one form", () => {
  it("a PNG data URL of at most the limit; preparing twice changes nothing", () => {
    const large = prepareImage(dataUrlOf(noise(200, 100, 3, 1)));
    expect(large).toMatchObject({ ok: true, wasShrunk: true });
    if (!large.ok) return;
    expect(describeImage(large.input)).toEqual({ width: limits.imageSideMax, height: 32, isGrey: false });
    expect(prepareImage(large.input)).toEqual({ ok: true, input: large.input, wasShrunk: false });
    expect(describeImage(dataUrlOf(noise(28, 28, 1, 1)))).toEqual({ width: 28, height: 28, isGrey: true });
  });
});

describeEachEngine("images", (stores) => {
  const desk = setUpDesk(stores);
  const makeDataset = async (suffix = "i"): Promise<string> => {
    const name = `${desk.dataset}${suffix}`;
    await createDataset(desk.deps, { name, kind: "image" });
    return name;
  };

  it("a folder per class: what is an image comes in, what is not is named with its place", async () => {
    const dataset = await makeDataset();
    for (let i = 0; i < 12; i++) desk.file(`pets/${i % 2 ? "cat" : "dog"}/${i}.png`, encodePng(noise(28, 20, 1, i)));
    desk.file("pets/cat/copy.png", encodePng(noise(28, 20, 1, 1)));
    desk.file("pets/dog/photo.jpeg", encodeJpeg({ width: 90, height: 60, data: noise(120, 60, 3, 5).data }, 90).data);
    desk.file("pets/dog/mislabelled.png", encodePng(noise(28, 20, 1, 3)));
    desk.file("pets/dog/broken.png", encodePng(noise(28, 20, 1, 4)).subarray(0, 100));
    desk.file("pets/dog/text.jpg", "no image");
    const huge = Buffer.from(encodePng(noise(1, 1, 1, 4)));
    huge.writeUInt32BE(60_000, 16);
    desk.file("pets/dog/huge.png", huge);
    desk.file("pets/dog/notes.txt", "beside the images");
    const { version, report } = await desk.importing(path.join(desk.folder, "pets"), { dataset });
    expect(report.rows).toMatchObject({ read: 18, added: 12, duplicates: 1, conflicting: 2, rejected: 3 });
    expect(report.rejections.listed.map(({ file, reason }) => `${file} ${reason}`).sort()).toEqual([
      "dog/broken.png broken_image",
      "dog/huge.png broken_image", // its checksum is wrong before its size is
      "dog/text.jpg broken_image",
    ]);
    expect(report.conflicts.listed[0]?.at).toEqual(["cat/3.png", "dog/mislabelled.png"]);
    expect(report.images).toEqual({
      grey: 11,
      colour: 1,
      widthMin: 28,
      widthMax: 64,
      heightMin: 20,
      heightMax: 43,
      shrunk: 1,
    });
    expect(report.skippedFiles).toEqual([{ extension: ".txt", files: 1 }]);
    const text = renderReport(report);
    expect(text).toContain("28 to 64 wide, 20 to 43 high");
    expect(text).toContain("same image, several labels");
    expect(text).not.toContain("Personal data");
    expect(version.labels).toEqual(["cat", "dog"]);
  });

  it("JSON lines with data URLs; exported lines come back as the same version", async () => {
    const dataset = await makeDataset();
    const lines = Array.from({ length: 30 }, (_, i) =>
      JSON.stringify({ image: dataUrlOf(noise(8, 8, 3, i)), label: i % 2 ? "a" : "b" }),
    );
    lines.push(
      JSON.stringify({ image: "https://example.com/cat.png", label: "a" }),
      JSON.stringify({ image: 7, label: "a" }),
    );
    const { version, report } = await desk.importing(desk.file("a.jsonl", lines.join("\n")), { dataset });
    expect(report.rejections.byReason).toEqual({ not_an_image: 1, not_text: 1 });
    const chunks: string[] = [];
    for (const part of parts) for await (const chunk of exportJsonl(desk.store, version, part)) chunks.push(chunk);
    const again = await desk.importing(desk.file("b.jsonl", chunks.join("")), { dataset: await makeDataset("again") });
    expect(again.version.digest).toBe(version.digest);
  });

  it("a review relabels an image and brings new ones; a file's name finds it, and it is forgotten", async () => {
    const dataset = await makeDataset();
    for (let i = 0; i < 40; i++) desk.file(`faces/${i % 2 ? "a" : "b"}/jane-${i}.png`, encodePng(noise(9, 9, 3, i)));
    const { version } = await desk.importing(path.join(desk.folder, "faces"), { dataset });
    const [train] = await readExamples(desk.store, version, "train");
    const provenance = { kind: "review" as const, id: "rev_1" };
    const changed = await createVersion(desk.deps, {
      dataset,
      note: "reviews",
      add: [
        { input: train!.input, label: "c", provenance },
        { input: dataUrlOf(noise(9, 9, 3, 99)), label: "c", provenance },
        { input: "a text", label: "c", provenance },
      ],
    });
    expect(changed.outcomes.map((one) => (one.kind === "refused" ? one.reason : one.kind))).toEqual([
      "relabelled",
      "added",
      "not_an_image",
    ]);
    const found = await findExamples(desk.store, { texts: ["JANE-7.png"], datasetId: version.datasetId });
    expect(found).toHaveLength(1);
    await forgetExamples(desk.deps, { dataset, examples: [found[0]!.id], note: "asked" });
    expect(await findExamples(desk.store, { texts: ["jane-7.png"], datasetId: version.datasetId })).toEqual([]);
  });

  it("a table is no image", async () => {
    const dataset = await makeDataset();
    expect((await desk.refusalOf(desk.file("a.csv", "a,label\n1,x\n"), { dataset })).message).toContain(
      "which column holds the image",
    );
    desk.file("mails/a/1", "x");
    expect((await desk.refusalOf(path.join(desk.folder, "mails"), { dataset, format: "mail" })).message).toContain(
      "holds no images",
    );
  });
});
