import { afterEach, expect, it } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import { runOneJob } from "../store/index.ts";
import { sqliteStores } from "../store/testing/engines.ts";
import { getRun, startRun, trainJobs } from "../train/index.ts";
import { importReviews, smallRecipe } from "../train/testing/reviews.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

let server: TestServer | undefined;
afterEach(() => server?.close());

it("operators are told which words speak for an answer; a planted one tells most", async () => {
  server = await openTestServer(sqliteStores);
  const { app, deps, operator } = server;
  const { store } = deps;
  const { id } = await importReviews(deps, { count: 300 });
  const run = await startRun(store, { datasetVersion: id, recipe: smallRecipe, seed: 1, nowMs: systemClock.now() });
  const handlers = trainJobs({ store, clock: systemClock, threads: 1 });
  await runOneJob({ store, owner: "w1", now: systemClock.now, handlers }, run.job);
  const done = await getRun(store, run.id);
  if (done.state !== "done") throw new Error(JSON.stringify(done));
  const ask = (payload: object, headers: object = operator) =>
    app.inject({
      method: "POST",
      url: `/admin/v1/models/${done.model}/explain`,
      headers: { ...headers },
      payload,
    });
  expect((await ask({ input: "the" }, {})).statusCode).toBe(401);
  expect((await ask({ input: "the", label: "maybe" })).json()).toMatchObject({ error: { param: "label" } });
  const explained = await ask({ input: "the table was there and the waiter lovely with always evening" });
  expect(explained.statusCode).toBe(200);
  expect(explained.json()).toMatchObject({
    object: "explanation",
    model: done.model,
    output: { label: "good" },
    label: "good",
    parts: [{ part: { word: "lovely", places: [[35, 41]] } }, {}, {}, {}, {}, {}, {}, {}, {}, {}],
    asked: 11,
  });
});
