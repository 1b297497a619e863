import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { Refusal, must } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import type { Store } from "../store/index.ts";

export type WorkSplit = "train" | "validation" | "test";

/** The examples of a split as a child process reads them, in the order of their content and not of their arrival. */
export interface WorkExamples {
  readonly keys: readonly string[];
  readonly inputs: readonly string[];
  /** As the dataset has them: a class's name, or a number written out. */
  readonly labels: readonly string[];
}

/** Each example's place in `labels`. */
export function labelIndices(examples: WorkExamples, labels: readonly string[]): Int32Array {
  const places = new Map(labels.map((label, i) => [label, i]));
  return Int32Array.from(examples.labels, (label) => must(places.get(label), "an example's label is listed"));
}

/** Where a run keeps its examples and its checkpoint while it works: customers' text, so it goes when the run ends. */
export function workFolder({ folder }: Pick<Store, "folder">, name: string): string {
  return path.join(folder, "work", name);
}

export async function removeWork(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

export async function readWork(folder: string, split: WorkSplit): Promise<WorkExamples> {
  const lines = createInterface({ input: createReadStream(path.join(folder, `${split}.jsonl`)), crlfDelay: Infinity });
  const rows: { key: string; label: string; input: string; order: string }[] = [];
  for await (const line of lines) {
    const [key, label, input] = JSON.parse(line) as [string, string, string];
    rows.push({ key, label, input, order: sha256(input) });
  }
  rows.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  if (rows.length === 0) throw new Refusal("invalid_data", `The ${split} split holds no labelled example.`);
  return {
    keys: rows.map(({ key }) => key),
    inputs: rows.map(({ input }) => input),
    labels: rows.map(({ label }) => label),
  };
}
