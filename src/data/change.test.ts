import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Clock, manualClock } from "../kernel/clock.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { type Changed, type NewExample, createVersion } from "./change.ts";
import { createDataset, findDataset, listDatasets } from "./datasets.ts";
import { diffVersions } from "./diff.ts";
import { type Example, exportJsonl, pagesOfExamples, readExamples } from "./examples.ts";
import { findExamples, forgetExamples } from "./forget.ts";
import { importFiles } from "./import.ts";
import { renderReport } from "./report-text.ts";
import type { Part } from "./splits.ts";
import type { DataTables } from "./tables.ts";
import { verifyVersion } from "./verify.ts";
import { type DatasetVersion, findVersion, readReport } from "./versions.ts";
import { sweepUnborn } from "./write-version.ts";

describeEachEngine("changes", (stores) => {
  let store: Store;
  let folder: string;
  let dispose: () => Promise<void>;
  let deps: { store: Store; clock: Clock };
  const clock = manualClock(testEpochMs);
  let tests = 0;
  let dataset: string;
  let first: DatasetVersion;

  beforeAll(async () => {
    ({ store, folder, dispose } = await stores.open(clock));
    deps = { store, clock };
  });
  afterAll(() => dispose());
  beforeEach(async () => {
    dataset = `d${++tests}`;
    await createDataset(deps, { name: dataset });
    first = (await importRows("first", 200, 60)).version;
  });

  const importRows = (name: string, rows: number, take?: number): ReturnType<typeof importFiles> => {
    const full = path.join(folder, `${name}.csv`);
    const lines = Array.from(
      { length: rows },
      (_, i) => `${name} question ${i} about ${i * 31} things,${i % 2 === 0 ? "a" : "b"}`,
    );
    writeFileSync(full, `text,label\n${lines.join("\n")}\n`);
    return importFiles(deps, { dataset, path: full, ...(take !== undefined && { take: { count: take, seed: "1" } }) });
  };
  const review = (input: string, label: string): NewExample => ({
    input,
    label,
    provenance: { kind: "review", id: "rev_1" },
  });
  const change = (add: readonly NewExample[], remove: readonly Example["id"][] = []): Promise<Changed> =>
    createVersion(deps, { dataset, add, remove, note: "reviews" });
  const one = async (part: Part, version = first): Promise<Example> => (await readExamples(store, version, part))[0]!;

  describe("reviews become the next version", () => {
    it("new texts, corrections, texts out of the pool; the frozen test and what is near it stay out", async () => {
      const [train, pool, test] = [await one("train"), await one("pool"), await one("test")];
      const long =
        "a long complaint about a parcel that was left with a neighbour who then moved away without telling anybody";
      const changed = await change([
        review("something entirely new was asked", "a"),
        review(train.input, "corrected"),
        review(train.input, "corrected"),
        review(pool.input, pool.label!),
        review(test.input, "corrected"),
        review(`${test.input}!`, "a"),
        review(long, "a"),
        review("  ", "a"),
        review("no label", " "),
        review("disputed", "a"),
        review("disputed", "b"),
      ]);
      expect(changed.outcomes).toEqual([
        { kind: "added", part: expect.stringMatching(/train|validation/) },
        { kind: "relabelled", part: "train" },
        { kind: "unchanged", part: "train" },
        { kind: "returned", part: pool.split },
        { kind: "refused", reason: "frozen_test" },
        { kind: "added", part: "held" },
        { kind: "added", part: expect.stringMatching(/train|validation/) },
        { kind: "refused", reason: "missing_input" },
        { kind: "refused", reason: "missing_label" },
        { kind: "refused", reason: "conflict" },
        { kind: "refused", reason: "conflict" },
      ]);
      expect(changed.version).toMatchObject({
        number: 2,
        parentId: first.id,
        testDigest: first.testDigest,
        note: "reviews",
      });
      expect(await verifyVersion(store, changed.version)).toMatchObject({ state: "intact" });
      expect(await verifyVersion(store, first)).toEqual({ state: "intact", examples: 200 });
      const texts = (await readExamples(store, changed.version, "train")).filter(({ input }) => input === train.input);
      expect(texts).toMatchObject([
        { label: "corrected", group: train.group, provenance: { kind: "review", id: "rev_1" } },
      ]);
      expect(await diffVersions(store, first, changed.version)).toEqual({
        added: expect.objectContaining({ held: 1, test: 0, pool: 0 }),
        removed: { train: 0, validation: 0, test: 0, pool: 0, held: 0 },
        relabelled: 1,
        moved: [{ from: "pool", to: pool.split, examples: 1 }],
        sameTest: true,
      });
      expect(await readReport(store, changed.version.id)).toEqual(changed.report);
      expect(renderReport(changed.report)).toContain("relabelled");
    });

    it("nothing new is no new version", async () => {
      const train = await one("train");
      expect(await change([review(train.input, train.label!)])).toMatchObject({ outcome: "unchanged", version: first });
    });

    it("a label corrected and corrected back is the first example again, and the first digest", async () => {
      const train = await one("train");
      const second = await change([review(train.input, "corrected")]);
      const third = await change([review(train.input, train.label!)]);
      expect(third.version.digest).toBe(first.digest);
      expect(third.version.number).toBe(3);
      expect((await readExamples(store, third.version, "train")).find(({ input }) => input === train.input)?.id).toBe(
        train.id,
      );
      expect(await diffVersions(store, first, third.version)).toMatchObject({
        relabelled: 0,
        moved: [],
        sameTest: true,
      });
      expect(await diffVersions(store, first, second.version)).toMatchObject({ relabelled: 1 });
    });

    it("what was removed is gone, and comes back to where it was", async () => {
      const test = await one("test");
      const without = await change([], [test.id]);
      expect(without.report.rows.removed).toBe(1);
      expect(without.version.testDigest).not.toBe(first.testDigest);
      const back = await change([review(test.input, test.label!)]);
      expect(back.outcomes).toEqual([{ kind: "returned", part: "test" }]);
      expect(back.version.digest).toBe(first.digest);
    });

    it("removing and adding the same text in one change keeps it where it belongs", async () => {
      const train = await one("train");
      const changed = await change([review(train.input, "corrected")], [train.id]);
      expect(changed.outcomes).toEqual([{ kind: "returned", part: "train" }]);
      expect(changed.version.counts).toEqual(first.counts);
    });

    it("four changes at once all come in, one after the other", async () => {
      const all = await Promise.all(
        Array.from({ length: 4 }, (_, i) =>
          change([review(`a matter of its own, number ${i}, ${"x".repeat(i)}`, "a")]),
        ),
      );
      expect(all.map(({ version }) => version.number).sort((a, b) => a - b)).toEqual([2, 3, 4, 5]);
      const latest = await findVersion(store, dataset);
      expect(latest.counts.train + latest.counts.validation).toBe(64);
      expect(await verifyVersion(store, latest)).toMatchObject({ state: "intact" });
    });

    it("refused: an example nobody knows, a dataset without versions", async () => {
      await expect(change([], ["ex_none"])).rejects.toMatchObject({ code: "not_found" });
      await createDataset(deps, { name: `${dataset}empty` });
      const empty = createVersion(deps, { dataset: `${dataset}empty`, add: [review("x", "a")], note: "" });
      await expect(empty).rejects.toMatchObject({ code: "invalid_request" });
    });
  });

  describe("reading", () => {
    it("pages and lines hold the same as the whole, in order of arrival", async () => {
      const whole = await readExamples(store, first, "pool");
      expect(whole.length).toBe(first.counts.pool);
      const paged: Example[] = [];
      for await (const page of pagesOfExamples(store, first, "pool", 7)) paged.push(...page);
      expect(paged).toEqual(whole);
      let lines = "";
      for await (const piece of exportJsonl(store, first, "pool")) lines += piece;
      const rows = lines
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object);
      expect(rows).toEqual(whole.map(({ input, label, id }) => ({ input, label, id })));
      expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
    });

    it("an exported part imports as the same examples", async () => {
      const full = path.join(folder, "exported.jsonl");
      let lines = "";
      for await (const piece of exportJsonl(store, first, "train")) lines += piece;
      writeFileSync(full, lines);
      const again = await importFiles(deps, { dataset, path: full });
      expect(again).toMatchObject({ outcome: "unchanged", version: first });
      expect(again.report.rows.alreadyThere).toBe(first.counts.train);
    });
  });

  describe("forgetting a person", () => {
    it("finds every version that holds the text, and erases it from all of them", async () => {
      const second = await change([
        review("My name is JANE  Dœ, call me", "a"),
        review("jane dœ asks again, about something else", "b"),
      ]);
      const third = await change([review("one more", "a")]);
      const found = await findExamples(store, { texts: ["Jane Dœ"], datasetId: first.datasetId });
      expect(found).toMatchObject([
        { spans: [{ since: 2, until: undefined }] },
        { spans: [{ since: 2, until: undefined }] },
      ]);
      const ids = found.map(({ id }) => id);
      const forgotten = await forgetExamples(deps, { dataset, examples: ids, note: "request 17" });
      expect(forgotten).toMatchObject({
        erased: 2,
        versionNumbers: [2, 3],
        version: { number: 4, note: "request 17" },
      });
      expect(await findExamples(store, { texts: ["jane dœ"] })).toEqual([]);
      expect(await verifyVersion(store, second.version)).toMatchObject({ state: "erased" });
      expect(await verifyVersion(store, third.version)).toMatchObject({ state: "erased" });
      expect(await verifyVersion(store, first)).toMatchObject({ state: "intact" });
      expect(await verifyVersion(store, forgotten.version)).toMatchObject({ state: "intact" });
      expect(await diffVersions(store, third.version, forgotten.version)).toMatchObject({ relabelled: 0, moved: [] });
      const rows = await store
        .as<DataTables>()
        .selectFrom("data_examples")
        .selectAll()
        .where("id", "in", ids)
        .execute();
      expect(JSON.stringify(rows).toLowerCase()).not.toContain("jane");
    });

    it("a search for nothing is refused", async () => {
      await expect(findExamples(store, { texts: [" "] })).rejects.toMatchObject({ code: "invalid_request" });
    });
  });

  it("what a killed import left is swept a day later, and nothing else", async () => {
    const db = store.as<DataTables>();
    const born = await db
      .selectFrom("data_examples")
      .selectAll()
      .where("dataset_id", "=", first.datasetId)
      .executeTakeFirstOrThrow();
    await db
      .insertInto("data_examples")
      .values({ ...born, id: `ex_orphan${dataset}`, born_version_id: "dsv_never" })
      .execute();
    const count = async (): Promise<number> =>
      (await db.selectFrom("data_examples").select("id").where("dataset_id", "=", first.datasetId).execute()).length;
    await sweepUnborn(deps, first.datasetId);
    expect(await count()).toBe(201);
    clock.advance(25 * 3_600_000);
    await sweepUnborn(deps, first.datasetId);
    expect(await count()).toBe(200);
    expect(await verifyVersion(store, first)).toMatchObject({ state: "intact" });
  });

  it("datasets have one name each, found by name and id, listed newest first", async () => {
    await expect(createDataset(deps, { name: dataset })).rejects.toMatchObject({ code: "conflict" });
    await expect(createDataset(deps, { name: "a@1" })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(createDataset(deps, { name: "x", shares: { validation: 0.5, test: 0.5 } })).rejects.toMatchObject({
      code: "invalid_request",
    });
    const found = await findDataset(store, dataset);
    expect(await findDataset(store, found.id)).toEqual(found);
    await expect(findDataset(store, "nobody")).rejects.toMatchObject({ code: "not_found" });
    const all = await listDatasets(store, { limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    expect(await listDatasets(store, { limit: 1, after: all[0]!.id })).toEqual([all[1]]);
  });
});
