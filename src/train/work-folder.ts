import { createReadStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { type DatasetVersion, pagesOfExamples } from "../data/index.ts";
import { Refusal, must } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import type { Queries, Store } from "../store/index.ts";

export type WorkSplit = "train" | "validation" | "test";

/** The examples of a split as a child process reads them, in the order of their content and not of their arrival. */
export interface WorkExamples {
  readonly keys: readonly string[];
  readonly texts: readonly string[];
  readonly labels: Int32Array;
}

/** Where a run keeps its examples and its checkpoint while it works: customers' text, so it goes when the run ends. */
export function workFolder({ folder }: Pick<Store, "folder">, name: string): string {
  return path.join(folder, "work", name);
}

export async function removeWork(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/**
 * Writes the labelled examples of a version's splits as JSON lines `[key, label index, text]`, a page at a time, so that
 * neither this process nor the pipe to the child holds them all. Returns how many there are of each label.
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
  const counts = labels.map(() => 0);
  const file = await open(path.join(folder, `${split}.jsonl`), "w");
  try {
    for await (const page of pagesOfExamples(db, version, split)) {
      const lines: string[] = [];
      for (const { id, label, input } of page) {
        if (label === undefined) continue;
        const index = must(indices.get(label), `the version lists the label of ${id}`);
        counts[index] = (counts[index] ?? 0) + 1;
        lines.push(`${JSON.stringify([id, index, input])}\n`);
      }
      await file.write(lines.join(""));
    }
  } finally {
    await file.close();
  }
  return counts;
}

export async function readWork(folder: string, split: WorkSplit): Promise<WorkExamples> {
  const lines = createInterface({ input: createReadStream(path.join(folder, `${split}.jsonl`)), crlfDelay: Infinity });
  const rows: { key: string; label: number; text: string; order: string }[] = [];
  for await (const line of lines) {
    const [key, label, text] = JSON.parse(line) as [string, number, string];
    rows.push({ key, label, text, order: sha256(text) });
  }
  rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  if (rows.length === 0) throw new Refusal("invalid_data", `The ${split} split holds no labelled example.`);
  return {
    keys: rows.map(({ key }) => key),
    texts: rows.map(({ text }) => text),
    labels: Int32Array.from(rows, ({ label }) => label),
  };
}
