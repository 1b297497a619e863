import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { openSpill } from "./spill.ts";

it.each([
  ["few texts stay in memory", 1_000_000],
  ["many go to a file", 1_000],
  ["all go to a file", 0],
])("%s, and come back whole in any order", async (_story, keptMax) => {
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-spill-"));
  const spill = openSpill(folder, keptMax);
  try {
    const texts = Array.from({ length: 2_000 }, (_, i) =>
      i === 700 ? "长".repeat(1_000_000) : `text ${i} 文本 ${"x".repeat(i % 97)}`,
    );
    texts.push("");
    for (const [i, text] of texts.entries()) expect(await spill.append(text)).toBe(i);
    for (const i of [0, 699, 700, 701, 1_999, 2_000, 5]) expect((await spill.read(i)) === texts[i]).toBe(true);
    for (const [i, text] of texts.entries()) expect((await spill.read(i)) === text).toBe(true);
    expect(await spill.append("late")).toBe(2_001);
    expect(await spill.read(2_001)).toBe("late");
    expect(readdirSync(folder)).toEqual([]); // the file is gone from the folder while it is used
  } finally {
    await spill.close();
    rmSync(folder, { recursive: true });
  }
});
