import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Clock, manualClock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import type { Store } from "../../store/index.ts";
import { type TestStores, testEpochMs } from "../../store/testing/engines.ts";
import { createDataset } from "../datasets.ts";
import { readExamples } from "../examples.ts";
import { type ImportRequest, importFiles } from "../import.ts";
import { type Part, parts } from "../splits.ts";
import type { DatasetVersion } from "../versions.ts";

/** One store for a suite; a dataset and a folder of its own for each test. */
export interface Desk {
  readonly deps: { readonly store: Store; readonly clock: Clock };
  readonly store: Store;
  readonly dataset: string;
  readonly folder: string;
  /** Writes a file into the folder; its full path. */
  file(name: string, content: string | Uint8Array): string;
  importing(path: string, more?: Partial<ImportRequest>): ReturnType<typeof importFiles>;
  refusalOf(path: string, more?: Partial<ImportRequest>): Promise<Refusal>;
  /** `label: text` of every example, sorted. */
  contentOf(version: DatasetVersion, of?: readonly Part[]): Promise<string[]>;
}

export function setUpDesk(stores: TestStores): Desk {
  let opened: Awaited<ReturnType<TestStores["open"]>>;
  const clock = manualClock(testEpochMs);
  let tests = 0;
  beforeAll(async () => {
    opened = await stores.open(clock);
  });
  afterAll(() => opened.dispose());
  beforeEach(async () => {
    tests++;
    await createDataset(desk.deps, { name: desk.dataset });
  });
  const desk: Desk = {
    get store() {
      return opened.store;
    },
    get deps() {
      return { store: opened.store, clock };
    },
    get dataset() {
      return `d${tests}`;
    },
    get folder() {
      return path.join(opened.folder, desk.dataset);
    },
    file(name, content) {
      const full = path.join(desk.folder, name);
      mkdirSync(path.dirname(full), { recursive: true });
      writeFileSync(full, content);
      return full;
    },
    importing: (path, more) => importFiles(desk.deps, { dataset: desk.dataset, path, ...more }),
    async refusalOf(path, more) {
      const outcome = await desk.importing(path, more).catch((error: unknown) => error);
      if (outcome instanceof Refusal) return outcome;
      throw new Error("no refusal", { cause: outcome });
    },
    async contentOf(version, of = parts) {
      const examples = await Promise.all(of.map((part) => readExamples(desk.store, version, part)));
      return examples
        .flat()
        .map(({ input, label }) => `${label}: ${input}`)
        .sort();
    },
  };
  return desk;
}

/** A CSV of distinct rows, a third of them `a`, the rest `b`. */
export function table(rows: number, seed = 1): string {
  const random = seededRandom(seed);
  const lines = Array.from({ length: rows }, (_, i) => {
    return `question ${i} about ${random.below(1e6)} and ${random.below(1e6)},${i % 3 === 0 ? "a" : "b"}`;
  });
  return ["text,label", ...lines].join("\n");
}
