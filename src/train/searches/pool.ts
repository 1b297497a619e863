import { createReadStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { sha256 } from "../../kernel/hash.ts";
import { type Task, isClassifier } from "../../models/index.ts";
import type { WorkExamples } from "../work-folder.ts";
import type { Grouped } from "./folds.ts";

/** The splits from which a search may choose. The frozen test split is not among them, and never in its folder. */
export const searchedSplits = ["train", "validation"] as const;
export type SearchedSplit = (typeof searchedSplits)[number];

export interface PoolExample {
  readonly key: string;
  readonly label: string;
  readonly input: string;
  readonly group: string;
  readonly split: SearchedSplit;
}

/** How many examples there are to search with. */
export interface PoolFacts {
  readonly train: number;
  readonly validation: number;
  /** Training examples of each label, in the order of the version's labels; of numbers, none. */
  readonly perLabel: readonly number[];
}

export const poolFile = (folder: string): string => path.join(folder, "pool.jsonl");

/** In the order of their content and not of their arrival. */
export async function readPool(folder: string): Promise<PoolExample[]> {
  const lines = createInterface({ input: createReadStream(poolFile(folder)), crlfDelay: Infinity });
  const rows: { readonly example: PoolExample; readonly order: string }[] = [];
  for await (const line of lines) {
    const example = JSON.parse(line) as PoolExample;
    rows.push({ example, order: sha256(example.input) });
  }
  rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  return rows.map(({ example }) => example);
}

/** What folds of these examples are told by. */
export function groupedBy(task: Task, pool: readonly PoolExample[]): Grouped[] {
  if (isClassifier(task)) return pool.map(({ group, label }) => ({ group, stratum: label }));
  if (pool.every(({ label }) => label === "")) return pool.map(({ group }) => ({ group, stratum: "" }));
  const sorted = Float64Array.from(pool, ({ label }) => Number(label)).sort();
  const fifth = (value: number): number => [1, 2, 3, 4].filter((k) => value >= at(sorted, k / 5)).length;
  return pool.map(({ group, label }) => ({ group, stratum: String(fifth(Number(label))) }));
}

const at = (sorted: Float64Array, share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;

export function workOf(pool: readonly PoolExample[]): WorkExamples {
  return {
    keys: pool.map(({ key }) => key),
    inputs: pool.map(({ input }) => input),
    labels: pool.map(({ label }) => label),
  };
}
