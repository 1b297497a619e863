import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type DataDeps,
  type Kind,
  createDataset,
  findExamples,
  findVersion,
  forgetExamples,
  importFiles,
  readExamples,
} from "../data/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { manualClock } from "../kernel/clock.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import {
  type ReviewItem,
  claimReviews,
  listReviewItems,
  queueExamples,
  queueOfDataset,
  reviewAgreement,
  setReviewGuide,
  settleReview,
  skipReview,
  versionFromReviews,
} from "./index.ts";

describeEachEngine("reviewing examples of a dataset", (stores) => {
  const clock = manualClock(testEpochMs);
  const folder = mkdtempSync(path.join(tmpdir(), "examples-"));
  let deps: DataDeps;
  let dispose: () => Promise<void>;
  let datasets = 0;
  beforeAll(async () => {
    const opened = await stores.open(clock);
    dispose = opened.dispose;
    deps = { store: opened.store, clock };
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await dispose();
  });

  async function dataset(kind: Kind, rows: readonly object[]): Promise<string> {
    const name = `d-${++datasets}`;
    const file = path.join(folder, `${name}.jsonl`);
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
    await createDataset(deps, { name, kind });
    await importFiles(deps, { dataset: name, path: file });
    return name;
  }
  const now = (): number => clock.now();
  const queue = (version: string, more: object = {}) =>
    queueExamples(deps.store, { version, which: "unlabelled", count: 100, nowMs: now(), ...more });
  const items = (name: string): Promise<ReviewItem[]> =>
    listReviewItems(deps.store, { queue: queueOfDataset(name), limit: 100 });
  const settle = (item: string, label: string, reviewer = "ann") =>
    settleReview(deps.store, { item, label, reviewer, nowMs: now() });
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "done",
      (error: unknown) => (error instanceof Refusal ? `${error.code}: ${error.message}` : String(error)),
    );
  const labelsOf = async (name: string): Promise<(string | undefined)[]> => {
    const version = await findVersion(deps.store, name);
    const parts = await Promise.all(
      (["train", "validation", "test"] as const).map((part) => readExamples(deps.store, version, part)),
    );
    return parts.flat().map(({ label }) => label);
  };
  const notes = (count: number) => Array.from({ length: count }, (_, i) => ({ text: `note number ${i} on ${i * i}` }));

  it("unlabelled examples wait in the order in which they arrived, get their labels, and make the next version", async () => {
    const name = await dataset("text", notes(12));
    expect(await refusal(queue(name))).toContain("Reviewers would choose from 0 labels");
    const labels = ["short", "long"];
    expect(await queue(name, { labels, count: 4 })).toEqual({ queue: `dataset:${name}`, queued: 4 });
    expect(await queue(name, { labels })).toMatchObject({ queued: 8 });
    expect(await queue(name, { labels })).toMatchObject({ queued: 0 });
    const [first, second, ...others] = await items(name);
    if (!first || !second) throw new Error("twelve items");
    expect(first).toMatchObject({ kind: "text", labels, proposals: [], origin: { kind: "example" } });
    await skipReview(deps.store, { item: second.id, reviewer: "ann", nowMs: now() });
    expect(await queue(name, { labels })).toMatchObject({ queued: 1 }); // what was skipped may be asked again
    expect(await refusal(settle(first.id, "middling"))).toContain("is not a label");
    for (const { id } of [first, ...others]) await settle(id, "short");
    const { version, outcomes } = await versionFromReviews(deps, name);
    expect(version).toMatchObject({ number: 2, note: "11 reviewed examples", labels: ["short"] });
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 11 }, () => "relabelled"));
    expect((await labelsOf(name)).filter((label) => label === "short")).toHaveLength(11);
    expect(await refusal(versionFromReviews(deps, name))).toContain("No reviewed example");
  });

  it("a label that is there is proposed, and one in the frozen test is not asked about", async () => {
    const rows = notes(40).map((row, i) => ({ ...row, label: i % 2 ? "odd" : "even" }));
    const name = await dataset("text", rows);
    const { counts } = await findVersion(deps.store, name);
    expect(counts.test).toBeGreaterThan(0);
    expect(await queue(name)).toMatchObject({ queued: 0 });
    expect(await queue(name, { which: "all" })).toMatchObject({ queued: 40 - counts.test });
    const [item] = await items(name);
    expect(item).toMatchObject({ labels: ["even", "odd"], proposals: [{ signals: 0 }] });
  });

  it("an example that was forgotten is not asked about and becomes nothing", async () => {
    const name = await dataset("text", [...notes(5), { text: "Call Jane Doe about the garden" }]);
    await queue(name, { labels: ["a", "b"] });
    const jane = (await items(name)).find(({ input }) => input.includes("Jane"));
    if (!jane) throw new Error("Jane is in the queue");
    await settle(jane.id, "a");
    const found = await findExamples(deps.store, { texts: ["Jane Doe"] });
    await forgetExamples(deps, { dataset: name, examples: found.map(({ id }) => id), note: "request" });
    expect((await items(name)).find(({ id }) => id === jane.id)).toMatchObject({ input: "" });
    const other = (await items(name)).find(({ state }) => state === "open");
    if (other?.origin.kind !== "example") throw new Error("an example is in the queue");
    await forgetExamples(deps, { dataset: name, examples: [other.origin.example], note: "another request" });
    const first = await claimReviews(deps.store, {
      reviewer: "bob",
      queue: queueOfDataset(name),
      count: 1,
      nowMs: now(),
    });
    expect(first).toHaveLength(1); // the one that waited before it is over, and holds nobody up
    expect((await items(name)).find(({ id }) => id === other.id)).toMatchObject({ state: "skipped", input: "" });
    const claimed = await claimReviews(deps.store, {
      reviewer: "bob",
      queue: queueOfDataset(name),
      count: 10,
      nowMs: now(),
    });
    expect(claimed.map(({ input }) => input)).not.toContain("");
    await settle(claimed[0]?.id ?? "", "b", "bob");
    expect((await versionFromReviews(deps, name)).outcomes).toHaveLength(1);
  });

  it("pairs are decided as a, b, tie or neither", async () => {
    const name = await dataset(
      "text-pairs",
      notes(6).map(({ text }, i) => ({ prompt: `Question ${i}?`, a: text, b: `another answer ${i}` })),
    );
    await queue(name);
    const all = await items(name);
    expect(all[0]).toMatchObject({ kind: "text-pairs", labels: ["a", "b", "tie", "neither"] });
    for (const { id } of all) await settle(id, "b");
    expect((await versionFromReviews(deps, name)).version.labels).toEqual(["b"]);
  });

  it("spans are one decision: two reviewers agree when all of them are the same, whatever their order", async () => {
    const name = await dataset(
      "text-spans",
      notes(3).map(({ text }) => ({ text: `Ada met Bo in Ulm 😀 ${text}` })),
    );
    await queue(name, { labels: ["person", "place"] });
    await setReviewGuide(deps.store, { queue: queueOfDataset(name), instructions: "", reviewers: 2, nowMs: now() });
    const [one, two, three] = await items(name);
    if (!one || !two || !three) throw new Error("three items");
    const ada = { start: 0, end: 3, label: "person" };
    const bo = { start: 8, end: 10, label: "person" };
    const ulm = { start: 14, end: 17, label: "place" };
    const say = (item: string, spans: readonly object[], reviewer?: string) =>
      settle(item, JSON.stringify(spans), reviewer);
    for (const [spans, why] of [
      [[{ start: 0, end: 900, label: "person" }], "goes beyond the text"],
      [[ada, { start: 2, end: 5, label: "place" }], "two spans that share a character"],
      [[{ ...ada, label: "animal" }], '"animal" is not a label'],
      [[{ ...ada, text: "Bob" }], "another text than stands there"],
      [[{ start: 0.5, end: 3, label: "person" }], "without whole numbers"],
    ] as const) {
      expect(await refusal(say(one.id, spans))).toContain(why);
    }
    await say(one.id, [ulm, ada]);
    expect(await say(one.id, [ada, ulm], "bob")).toMatchObject({ state: "settled" });
    await say(two.id, [ada, bo, ulm]);
    expect(await say(two.id, [ada, ulm], "bob")).toMatchObject({ state: "open", disagreeing: true });
    await say(three.id, []);
    expect(await say(three.id, [], "bob")).toMatchObject({ state: "settled", label: "[]" });
    const { spans, observed, coefficients } = await reviewAgreement(deps.store, { queue: queueOfDataset(name) });
    expect(spans).toMatchObject({ items: 3, observed: 2 / 3, f1: { value: 8 / 9 } }); // 2 (2 + 2) / (4 + 5)
    expect([observed, coefficients.gwet_ac1]).toEqual([null, null]);
    const { version } = await versionFromReviews(deps, name);
    expect(version.labels).toEqual(["person", "place"]);
  });
});
