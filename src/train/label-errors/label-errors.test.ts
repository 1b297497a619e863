import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDataset, findVersion, importFiles } from "../../data/index.ts";
import { manualClock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { seededRandom } from "../../kernel/random.ts";
import type { Store } from "../../store/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { auditLabels, findLabelAudit } from "./audit.ts";
import { doubtfulLabels } from "./confident.ts";

describe("confident learning", () => {
  it("finds the label that a model is confident of, the surest error first, and leaves the merely unsure alone", () => {
    const rows: readonly (readonly [given: number, ...p: number[]])[] = [
      [0, 0.9, 0.1],
      [0, 0.8, 0.2],
      [0, 0.05, 0.95], // an error: p(1) is over what the ones get
      [0, 0.45, 0.55], // unsure: below the threshold of class 1
      [1, 0.1, 0.9],
      [1, 0.2, 0.8],
      [1, 0.99, 0.01], // the surest error
    ];
    const found = doubtfulLabels({
      classes: 2,
      given: Int32Array.from(rows, ([given]) => given),
      probabilities: Float32Array.from(rows.flatMap(([, ...p]) => p)),
    });
    expect(found.map(({ at, suggested }) => [at, suggested])).toEqual([
      [6, 0],
      [2, 1],
    ]);
    expect(found[0]?.margin).toBeCloseTo(-0.98);
  });

  it("finds nothing in nothing, and nothing of a class that nobody gave", () => {
    expect(doubtfulLabels({ classes: 2, given: new Int32Array(), probabilities: new Float32Array() })).toEqual([]);
    const given = Int32Array.of(0, 0);
    expect(doubtfulLabels({ classes: 2, given, probabilities: Float32Array.of(0.5, 0.5, 0.01, 0.99) })).toEqual([]);
  });
});

describeEachEngine("wrong labels of a version", (stores) => {
  const clock = manualClock(testEpochMs);
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => ({ store, dispose } = await stores.open(clock)));
  afterAll(() => dispose());

  it("most of the labels that were swapped are found, again the same, and of no version that has none", async () => {
    const deps = { store, clock };
    await createDataset(deps, { name: "swapped" });
    const random = seededRandom(3);
    const words = { tea: ["leaf", "cup", "steam", "green"], iron: ["forge", "hammer", "anvil", "spark"] };
    const swapped = new Set<string>();
    const add = Array.from({ length: 300 }, (_, i) => {
      const truth = i % 2 === 0 ? ("tea" as const) : ("iron" as const);
      const said = Array.from({ length: 5 }, () => words[truth][random.below(4)]).join(" ");
      const input = `note ${i} ${said} ${random.below(1e6)}`;
      const isWrong = i % 20 === 0;
      if (isWrong) swapped.add(input);
      const label = isWrong ? "iron" : truth;
      return { input, label };
    });
    const file = path.join(store.folder, "swapped.jsonl");
    writeFileSync(file, add.map((row) => JSON.stringify(row)).join("\n"));
    const { version } = await importFiles(deps, { dataset: "swapped", path: file });
    expect(await findLabelAudit(store, version.id)).toBeUndefined();
    const audit = await auditLabels(deps, version);
    const wrong = add.filter(({ input }) => swapped.has(input)).length;
    expect(audit.doubts.length).toBeGreaterThan(wrong / 2); // those in test are not looked at
    expect(audit.doubts.every(({ given, suggested }) => given === "iron" && suggested === "tea")).toBe(true);
    expect(await auditLabels(deps, version)).toEqual(audit);

    const digits = path.join(store.folder, "digits.csv");
    writeFileSync(digits, "size,kind\n1,a\n2,b\n3,a\n4,b\n");
    await createDataset(deps, { name: "digits", kind: "table" });
    await importFiles(deps, { dataset: "digits", path: digits, label: "kind" });
    const told: unknown = await auditLabels(deps, await findVersion(store, "digits")).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(Refusal);
  });
});
