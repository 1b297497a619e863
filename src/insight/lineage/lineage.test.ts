import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DatasetVersion, createDataset, createVersion, importFiles } from "../../data/index.ts";
import { recordFeedback, listReviewItems, settleReviews, takeReviewedRows } from "../../feedback/index.ts";
import { type Desk, endpoint, openDesk } from "../../feedback/testing/desk.ts";
import { manualClock } from "../../kernel/clock.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import type { ModelTables } from "../../models/index.ts";
import { deploy } from "../../serve/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import { getRecipe, startRun } from "../../train/index.ts";
import { lineageOf } from "../index.ts";
import { type Lineage, around } from "./graph.ts";

const edgesOf = ({ nodes, edges }: Lineage): string[] => {
  const names = new Map(
    nodes.map(({ id, kind, name, detail }) => [
      id,
      kind === "version" || kind === "model" ? name : `${kind} ${name} ${detail}`.trim(),
    ]),
  );
  return edges.map(({ from, to }) => `${names.get(from)} > ${names.get(to)}`).sort();
};

describeEachEngine("where things come from", (stores) => {
  let desk: Desk;
  let first: DatasetVersion;
  let second: DatasetVersion;
  let heir: Id<"model">;
  let dispose: () => Promise<void>;
  const clock = manualClock(testEpochMs);
  beforeAll(async () => {
    const opened = await stores.open(clock);
    dispose = opened.dispose;
    desk = await openDesk(opened.store);
    const deps = { store: desk.store, clock };
    await createDataset(deps, { name: "mails" });
    const file = path.join(opened.folder, "in", "letters.csv");
    mkdirSync(path.dirname(file));
    writeFileSync(file, "text,label\nwin a prize,spam\nsee you at noon,ham\nfree money,spam\nthe report,ham\n");
    first = (await importFiles(deps, { dataset: "mails", path: file })).version;
    await learn(desk.model.id, first, null);
    await deploy(desk.store, {
      endpoint,
      model: desk.model.id,
      role: "champion",
      share: 1,
      reason: "first",
      nowMs: desk.now(),
    });
    second = await takeFeedback();
    heir = newId("model", desk.now());
    await learn(heir, second, desk.model.id);
  });
  afterAll(() => dispose());

  /** A model that a run made of a version. */
  async function learn(id: Id<"model">, version: DatasetVersion, parent: Id<"model"> | null): Promise<void> {
    const db = desk.store.as<ModelTables>();
    const recipe = getRecipe("text-classification").recipe;
    const run = await startRun(desk.store, {
      datasetVersion: version.id,
      recipe,
      seed: 1,
      name: `of ${version.number}`,
      nowMs: desk.now(),
    });
    const made = { run: run.id, dataset_version: version.id, parent };
    const row = await db.selectFrom("models").selectAll().where("id", "=", desk.model.id).executeTakeFirstOrThrow();
    if (id === row.id)
      await db
        .updateTable("models")
        .set({ ...made, name: "first model" })
        .where("id", "=", id)
        .execute();
    else
      await db
        .insertInto("models")
        .values({ ...row, ...made, id, name: "its heir" })
        .execute();
  }

  /** What a customer said of the first model's answer, reviewed, as the next version; and one more by hand. */
  async function takeFeedback(): Promise<DatasetVersion> {
    const { store } = desk;
    const customer = await desk.customer();
    const prediction = await desk.predict(customer, "claim your prize now");
    const signal = { kind: "boolean", value: false } as const;
    await recordFeedback(store, { customer, prediction: prediction.id, signal, source: "user", nowMs: desk.now() });
    const [item] = await listReviewItems(store, { queue: endpoint, limit: 1 });
    await settleReviews(store, {
      reviewer: "ann",
      decisions: [{ item: item?.id ?? "", label: "spam" }],
      nowMs: desk.now(),
    });
    const rows = await store.transaction((tx) =>
      takeReviewedRows(tx, { dataset: first.datasetId, batch: "b", endpoints: [endpoint], nowMs: desk.now() }),
    );
    const byHand = {
      input: "lunch at one",
      label: "ham",
      provenance: { kind: "manual" as const, note: "a colleague" },
    };
    return (await createVersion({ store, clock }, { dataset: "mails", add: [...rows, byHand], note: "reviewed" }))
      .version;
  }

  const toFirst = ["source letters.csv file > mails@1", "mails@1 > run of 1", "run of 1 > first model"];
  const fed = [
    "first model > release spam-filter champion",
    "release spam-filter champion > source spam-filter review",
    "source spam-filter review > mails@2",
  ];
  const toHeir = ["mails@2 > run of 2", "run of 2 > its heir", "first model > its heir"];
  const byHand = "source a colleague manual > mails@2";

  it("of a dataset: all of it, and feedback leads back into the next version", async () => {
    const found = await lineageOf(desk.store, "mails");
    expect(edgesOf(found)).toEqual([...toFirst, ...fed, ...toHeir, "mails@1 > mails@2", byHand].sort());
    expect(found).toMatchObject({ of: first.datasetId, isCut: false });
    expect(found.nodes.find(({ kind }) => kind === "source")).toMatchObject({ examples: 1, version: second.id });
  });
  it("of a model: what it came from, through the model before it, and what came of it", async () => {
    expect(edgesOf(await lineageOf(desk.store, heir))).toEqual(
      [...toFirst, ...fed, ...toHeir, "mails@1 > mails@2", byHand].sort(),
    );
    expect(edgesOf(await lineageOf(desk.store, desk.model.id))).toEqual([...toFirst, ...fed, ...toHeir].sort());
  });
  it("of a version: nothing that went into others", async () => {
    const seen = edgesOf(await lineageOf(desk.store, "mails@2"));
    expect(seen).toContain(byHand);
    expect(edgesOf(await lineageOf(desk.store, first.id))).not.toContain(byHand);
  });
  it("is refused for what is not there", async () => {
    for (const of of ["nothing", "mails@7", newId("model", 1), newId("datasetVersion", 1)]) {
      await expect(lineageOf(desk.store, of)).rejects.toMatchObject({ code: "not_found" });
    }
  });
  it("is cut where a dataset has many versions, around the one that was asked for", async () => {
    for (let i = 0; i < limits.lineageVersionsMax; i++) {
      const add = [{ input: `one more ${i}`, label: "ham", provenance: { kind: "manual" as const, note: "more" } }];
      await createVersion({ store: desk.store, clock }, { dataset: "mails", add, note: `more ${i}` });
    }
    const versionsOf = async (of: string) =>
      (await lineageOf(desk.store, of)).nodes.filter(({ kind }) => kind === "version").map(({ name }) => name);
    const latest = await lineageOf(desk.store, "mails");
    expect([latest.isCut, (await versionsOf("mails")).length]).toEqual([true, limits.lineageVersionsMax]);
    expect(await versionsOf("mails@1")).toContain("mails@1");
  });
});

describe("around", () => {
  const size = 12;
  /** Any graph in which nothing comes from what is later. */
  const graphs = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }).map((pairs): Lineage => {
    const edges = pairs.filter(([a, b]) => a < b).map(([a, b]) => ({ from: `${a}`, to: `${b}` }));
    const node = { kind: "run", name: "", detail: "", examples: null, version: null, object: null, atMs: 0 } as const;
    return { nodes: Array.from({ length: size }, (_, i) => ({ ...node, id: `${i}` })), edges };
  });

  it("keeps the paths through the focus, and every node on one of them", () => {
    fc.assert(
      fc.property(graphs, fc.nat(size - 1), (graph, at) => {
        const focus = `${at}`;
        const leads = (from: string, to: string): boolean =>
          from === to || graph.edges.some((edge) => edge.from === from && leads(edge.to, to));
        const kept = around(graph, focus);
        const wanted = graph.nodes.filter(({ id }) => leads(id, focus) || leads(focus, id));
        expect(kept.nodes).toEqual(wanted);
        expect(kept.edges).toEqual(graph.edges.filter(({ from, to }) => leads(to, focus) || leads(focus, from)));
      }),
    );
  });
});
