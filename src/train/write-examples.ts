import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import { type DatasetVersion, pagesOfExamples } from "../data/index.ts";
import { must } from "../kernel/errors.ts";
import type { Queries } from "../store/index.ts";
import type { WorkSplit } from "./work-folder.ts";

/**
 * Writes the labelled examples of a version's splits as JSON lines `[key, label, input]`, a page at a time, so that
 * neither this process nor the pipe to the child holds them all. Returns how many there are of each label; of a version
 * without labels, all examples with the label "" and their one count.
 */
export async function writeExamples(
  db: Queries,
  version: DatasetVersion,
  labels: readonly string[],
  split: WorkSplit,
  folder: string,
): Promise<number[]> {
  await mkdir(folder, { recursive: true });
  const indices = new Map(labels.map((label, i) => [label, i]));
  const isUnlabelled = labels.length === 0;
  const counts = isUnlabelled ? [0] : labels.map(() => 0);
  const file = await open(path.join(folder, `${split}.jsonl`), "w");
  try {
    for await (const page of pagesOfExamples(db, version, split)) {
      const lines: string[] = [];
      for (const { id, label, input } of page) {
        if (label === undefined && !isUnlabelled) continue;
        const index = isUnlabelled ? 0 : must(indices.get(label ?? ""), `the version lists the label of ${id}`);
        counts[index] = (counts[index] ?? 0) + 1;
        lines.push(`${JSON.stringify([id, label ?? "", input])}\n`);
      }
      await file.write(lines.join(""));
    }
  } finally {
    await file.close();
  }
  return counts;
}
