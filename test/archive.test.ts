import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setUpDesk } from "../src/data/testing/desk.ts";
import { sqliteStores } from "../src/store/testing/engines.ts";
import { packFolder } from "../web/src/api/pack-folder.ts";
import { readTar } from "../src/data/readers/tar.ts";
import { Refusal } from "../src/kernel/errors.ts";

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function filesOf(bytes: Buffer, { chunk = 700, largest = 1_000 } = {}): Promise<[string, string | undefined][]> {
  const found: [string, string | undefined][] = [];
  for await (const entry of readTar("a.tar", inChunks(bytes, chunk), largest)) {
    found.push([entry.path, entry.bytes?.toString("latin1")]);
  }
  return found;
}

const packed = async (files: readonly (readonly [string, string])[]): Promise<Buffer> =>
  Buffer.from(
    await packFolder(
      "corpus",
      files.map(([path, text]) => ({ path, file: new Blob([Buffer.from(text, "latin1")]) })),
    ).arrayBuffer(),
  );

describe("a folder that the console sends", () => {
  it("comes out as it was packed, whatever its names, sizes and the pieces in which it arrives", async () => {
    const step = fc.stringMatching(/^[a-z0-9 ä邮件😀_.-]{1,40}$/u);
    const path = fc.array(step, { minLength: 1, maxLength: 8 }).map((steps) => steps.join("/"));
    const file = fc.tuple(
      path,
      fc.string({ maxLength: 1_000, unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 5 }), fc.integer({ min: 1, max: 1_500 }), async (files, chunk) => {
        expect(await filesOf(await packed(files), { chunk })).toEqual(files.map(([at, text]) => [at, text]));
      }),
      { numRuns: 60 },
    );
  });

  it("a file that is too large is passed by and not held; the next one is read", async () => {
    const bytes = await packed([
      ["spam/large", "x".repeat(5_000)],
      ["spam/small", "y"],
    ]);
    expect(await filesOf(bytes)).toEqual([
      ["spam/large", undefined],
      ["spam/small", "y"],
    ]);
  });

  it("what is no archive, is damaged or breaks off is refused", async () => {
    const bytes = await packed([["spam/one", "text"]]);
    const damaged = Buffer.from(bytes);
    damaged[3] = 0;
    for (const [wrong, says] of [
      [Buffer.from("text,label\n".repeat(100)), "is not a tar archive"],
      [damaged, "is not a tar archive"],
      [bytes.subarray(0, 600), "breaks off"],
      [bytes.subarray(0, 100), "breaks off"],
    ] as const) {
      const refusal = await filesOf(wrong).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refusal);
      expect(refusal).toMatchObject({ message: expect.stringContaining(says) as string });
    }
  });
});

describe("a folder per class that the console sends", () => {
  const desk = setUpDesk(sqliteStores);

  it("is imported as the same folder is from disk; what cannot be read is named by its path", async () => {
    const files = [
      ["ham/1.txt", "Lunch at noon?"],
      ["ham/deep/2.md", "The report is done"],
      ["spam/1.txt", "Win a car"],
      ["spam/2.txt", "binary \0 file"],
      ["spam/picture.gif", "GIF89a"],
      ["readme.txt", "beside the folders"],
      ["../../etc/passwd", "root"],
    ] as const;
    const { version, report } = await desk.importing(desk.file("corpus.tar", await packed(files)));
    expect(await desk.contentOf(version)).toEqual([
      "ham: Lunch at noon?",
      "ham: The report is done",
      "spam: Win a car",
    ]);
    expect(report.rejections.listed).toEqual([{ file: "spam/2.txt", reason: "binary_file" }]);
    expect(report.skippedFiles).toEqual([
      { extension: ".gif", files: 1 },
      { extension: ".txt", files: 1 },
    ]);
    for (const [path, text] of files) if (!path.startsWith("..")) desk.file(`corpus/${path}`, text);
    const again = await desk.importing(desk.file("corpus/ham/1.txt", files[0][1]).replace("/ham/1.txt", ""));
    expect(again.outcome).toBe("unchanged");
    expect(again.report.skippedFiles).toEqual(report.skippedFiles);
  });

  it("labels are mapped, and a tar archive without folders is refused", async () => {
    const { version } = await desk.importing(
      desk.file(
        "c.tar",
        await packed([
          ["easy/1", "one"],
          ["hard/1", "two"],
          ["odd/1", "x"],
        ]),
      ),
      {
        labels: { easy: "ham", hard: "spam" },
      },
    );
    expect(await desk.contentOf(version)).toEqual(["ham: one", "spam: two"]);
    const flat = await desk.refusalOf(desk.file("flat.tar", await packed([["1.txt", "one"]])));
    expect(flat.message).toContain("has no folders in it");
  });
});
