import { mkdir, open } from "node:fs/promises";
import { type DatasetVersion, pagesOfExamples } from "../../data/index.ts";
import type { Queries } from "../../store/index.ts";
import { type PoolExample, type PoolFacts, poolFile, searchedSplits } from "./pool.ts";

/** Writes the labelled examples of the splits that may be searched, a page at a time; of a version without labels, all. */
export async function writePool(db: Queries, version: DatasetVersion, folder: string): Promise<PoolFacts> {
  await mkdir(folder, { recursive: true });
  const isUnlabelled = version.labels.length === 0;
  const counts = { train: 0, validation: 0 };
  const perLabel = new Map(version.labels.map((label) => [label, 0]));
  const file = await open(poolFile(folder), "w");
  try {
    for (const split of searchedSplits) {
      for await (const page of pagesOfExamples(db, version, split)) {
        const labelled = page.flatMap(({ id, label = isUnlabelled ? "" : undefined, input, group }) =>
          label === undefined ? [] : [{ key: id, label, input, group, split } satisfies PoolExample],
        );
        counts[split] += labelled.length;
        if (split === "train") {
          for (const { label } of labelled) perLabel.set(label, (perLabel.get(label) ?? 0) + 1);
        }
        await file.write(labelled.map((example) => `${JSON.stringify(example)}\n`).join(""));
      }
    }
  } finally {
    await file.close();
  }
  return { ...counts, perLabel: version.labels.map((label) => perLabel.get(label) ?? 0) };
}
