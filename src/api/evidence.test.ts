import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { runOneJob } from "../store/index.ts";
import { sqliteStores } from "../store/testing/engines.ts";
import { getRun, startRun, trainJobs } from "../train/index.ts";
import { importReviews, smallRecipe } from "../train/testing/reviews.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

describe("what a model said of each example", () => {
  let server: TestServer;
  const models: string[] = [];
  const evaluations: string[] = [];
  beforeAll(async () => {
    server = await openTestServer(sqliteStores);
    const { store } = server.deps;
    const { id } = await importReviews(server.deps, { count: 300 });
    const handlers = trainJobs({ store, clock: systemClock, threads: 1 });
    for (const recipe of [smallRecipe, { ...smallRecipe, fire_drill: "shuffle_labels" as const }]) {
      const run = await startRun(store, { datasetVersion: id, recipe, seed: 1, nowMs: systemClock.now() });
      await runOneJob({ store, owner: "w1", now: systemClock.now, handlers }, run.job);
      const done = await getRun(store, run.id);
      if (done.state !== "done") throw new Error(JSON.stringify(done));
      models.push(done.model);
      evaluations.push(done.evaluation);
    }
  });
  afterAll(() => server.close());

  interface Listed {
    readonly data: readonly {
      readonly id: string;
      readonly input: string;
      readonly truth: string;
      readonly answer: { readonly label: string; readonly probability: number; readonly right: boolean };
      readonly other: { readonly right: boolean } | null;
    }[];
    readonly next_cursor: string | null;
  }
  const get = (url: string, headers: object = server.operator) =>
    server.app.inject({ method: "GET", url, headers: { ...headers } });
  const all = async (query: string): Promise<Listed["data"]> => {
    const found: Listed["data"][number][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Listed = (
        await get(`/admin/v1/evaluations/${evaluations[0]}/examples?limit=7&${query}${cursor && `&cursor=${cursor}`}`)
      ).json<Listed>();
      found.push(...page.data);
      cursor = page.next_cursor;
    }
    return found;
  };

  it("each cell of the confusion matrix lists as many examples as it says", async () => {
    const { metrics } = (await get(`/admin/v1/evaluations/${evaluations[0]}`)).json<{
      metrics: { confusion: number[][]; classes: { label: string }[]; examples: number };
    }>();
    const labels = metrics.classes.map(({ label }) => label);
    let sum = 0;
    for (const [i, truth] of labels.entries()) {
      for (const [j, answer] of labels.entries()) {
        const cell = await all(`truth=${truth}&answer=${answer}`);
        expect(cell).toHaveLength(metrics.confusion[i]?.[j] ?? -1);
        expect(cell.every((one) => one.truth === truth && one.answer.label === answer && one.input.length > 0)).toBe(
          true,
        );
        const sureness = cell.map((one) => one.answer.probability);
        expect(sureness).toEqual(sureness.toSorted((a, b) => b - a));
        sum += cell.length;
      }
    }
    expect(sum).toBe(metrics.examples);
  });

  it("two models are told apart example by example, and the parts add up", async () => {
    const against = `against=${evaluations[1]}`;
    const compared = (await get(`/admin/v1/evaluations/${evaluations[0]}/compare?${against}`)).json();
    expect(compared).toMatchObject({ object: "comparison", measure: "accuracy", unpaired: 0 });
    expect(compared.difference.high).toBeLessThan(0); // the second one learned from shuffled labels
    const count = async (outcome: string) => (await all(`${against}&outcome=${outcome}`)).length;
    expect(await count("broken")).toBe(compared.only_base);
    expect(await count("fixed")).toBe(compared.only_against);
    const rest = (await count("both_right")) + (await count("both_wrong"));
    expect(rest + compared.only_base + compared.only_against).toBe(compared.examples);
  });

  it("refuses an outcome of nothing, an unknown evaluation, and whoever has no key", async () => {
    const refused = await get(`/admin/v1/evaluations/${evaluations[0]}/examples?outcome=fixed`);
    expect(refused.json()).toMatchObject({ error: { code: "invalid_request", param: "outcome" } });
    expect((await get("/admin/v1/evaluations/eval_none/examples")).statusCode).toBe(404);
    expect((await get(`/admin/v1/evaluations/${evaluations[0]}/examples`, {})).statusCode).toBe(401);
  });

  it("the downloaded folder is one that tar opens, the same each time", async () => {
    const url = `/admin/v1/models/${models[0]}/folder`;
    const answer = await get(url);
    expect(answer.headers["content-disposition"]).toBe(`attachment; filename="${models[0]}.tar.gz"`);
    expect((await get(url)).rawPayload.equals(answer.rawPayload)).toBe(true);
    const folder = mkdtempSync(path.join(tmpdir(), "millrace-archive-"));
    try {
      writeFileSync(path.join(folder, "model.tar.gz"), answer.rawPayload);
      execFileSync("tar", ["-xzf", "model.tar.gz"], { cwd: folder });
      expect(readdirSync(path.join(folder, models[0] ?? ""))).toEqual(
        expect.arrayContaining(["card.md", "labels.json", "model.onnx", "predict.mjs", "preprocessing.mjs"]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect((await get("/admin/v1/models/mod_none/folder")).statusCode).toBe(404);
  });
});
