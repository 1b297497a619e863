import { afterEach, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { importReviews } from "../train/testing/reviews.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

describeEachEngine("searches over HTTP", (stores) => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  it("are started, listed, shown and cancelled by operators only", async () => {
    server = await openTestServer(stores);
    const { app, deps, operator } = server;
    const { id } = await importReviews(deps, { count: 60 });
    const url = "/admin/v1/searches";
    const start = (body: object, headers: object = operator) =>
      app.inject({ method: "POST", url, headers: { ...headers }, payload: { dataset_version: id, ...body } });
    expect((await start({ kind: "recipe-choice" }, {})).statusCode).toBe(401);
    for (const [body, param] of [
      [{ kind: "cross-validation", folds: 1 }, /folds/],
      [{ kind: "learning-curve", train: true }, /train/],
      [{ kind: "guess" }, /kind/],
    ] as const) {
      const refused = await start(body);
      expect(refused.statusCode).toBe(400);
      expect(refused.json()).toMatchObject({ error: { param: expect.stringMatching(param) } });
    }
    const started = await start({ kind: "recipe-choice", minutes: 2, train: true, seed: 4 });
    expect(started.statusCode).toBe(202);
    const search = started.json<{ id: string }>();
    expect(search).toMatchObject({ object: "search", kind: "recipe-choice", state: "queued", seed: 4, train: true });
    const listed = await app.inject({ method: "GET", url, headers: operator });
    expect(listed.json()).toMatchObject({ data: [search], has_more: false });
    const cancelled = await app.inject({ method: "POST", url: `${url}/${search.id}/cancel`, headers: operator });
    expect(cancelled.json()).toMatchObject({ id: search.id, state: "cancelled", outcome: null, run: null });
    const shown = await app.inject({ method: "GET", url: `${url}/${search.id}`, headers: operator });
    expect(shown.json()).toEqual(cancelled.json());
  });
});
