import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../kernel/limits.ts";
import { createKey } from "../sell/index.ts";
import { sqliteStores } from "../store/testing/engines.ts";
import { testPepper } from "./testing/server.ts";
import { type RelayWorld, openRelayWorld } from "./testing/relay-world.ts";

const messages = [{ role: "user" as const, content: "Say hello" }];
type Body = Record<string, unknown>;

describe("budgets over HTTP", () => {
  let world: RelayWorld;
  beforeAll(async () => (world = await openRelayWorld(sqliteStores)));
  afterAll(() => world.close());

  const team = async (method: "GET" | "POST", path: string, payload?: object): Promise<[number, Body]> => {
    const { app, operator } = world.server;
    const url = `/admin/v1/customers/${world.customer}/budgets${path}`;
    const answer = await app.inject({ method, url, headers: operator, ...(payload ? { payload } : {}) });
    return [answer.statusCode, answer.json<Body>()];
  };
  const customer = async (
    method: "GET" | "POST",
    path: string,
    payload?: object,
    key = world.key,
  ): Promise<[number, Body]> => {
    const headers = { authorization: `Bearer ${key}` };
    const url = `/v1/budgets${path}`;
    const answer = await world.server.app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
    return [answer.statusCode, answer.json<Body>()];
  };
  const newKey = async (name: string) => {
    const { store, clock } = world.server.deps;
    const made = await createKey(store, { customer: world.customer, name, pepper: testPepper, nowMs: clock.now() });
    return { id: made.key.id, secret: made.secret.reveal() };
  };
  const known = (): void => world.server.clock.advance(limits.grantCacheMs);

  it.each<[string, string, Body]>([
    ["chat by user", "/v1/chat/completions", { model: "chat", messages, max_tokens: 10, user: "ann" }],
    [
      "chat by its successor",
      "/v1/chat/completions",
      { model: "chat", messages, max_tokens: 10, safety_identifier: "ann" },
    ],
    ["a stream", "/v1/chat/completions", { model: "chat", messages, max_tokens: 10, stream: true, user: "ann" }],
    ["a response", "/v1/responses", { model: "native", input: "Say hello", max_output_tokens: 16, user: "ann" }],
    ["a completion", "/v1/completions", { model: "chat", prompt: "Once", max_tokens: 10, user: "ann" }],
    ["embeddings", "/v1/embeddings", { model: "chat", input: "Once", user: "ann" }],
  ])("one for each end user counts %s, and refuses when it has no room", async (_name, path, body) => {
    const [status, made] = await team("POST", "", { scope: "end_user", subject: "*", amount: "10" });
    expect([status, made["time_zone"], made["set_by"]]).toEqual([201, "UTC", "operator"]);
    known();
    expect((await world.post(path, body)).status).toBe(200);
    await team("POST", "", { scope: "end_user", subject: "*", amount: "0.000001" });
    known();
    const refused = await world.post(path, body);
    const { error } = (await refused.json()) as { error: Body };
    expect([refused.status, error["code"]]).toEqual([429, "quota_exceeded"]);
    expect(error["message"]).toMatch(
      /^This end user's budget of 0.000001 USD a month has no room for this\. The next month starts/,
    );
    const { user: _user, safety_identifier: _identifier, ...nobodys } = body;
    expect((await world.post(path, { ...nobodys, user: "bob" })).status).toBe(429);
    expect((await world.post(path, nobodys)).status).toBe(200);
    const [, { spending }] = await team("GET", `/${String(made["id"])}`);
    expect(spending).toMatchObject([{ end_user: "ann", held: { amount_nanos: "0" } }]);
    expect((await team("POST", `/${String(made["id"])}/end`))[0]).toBe(200);
  });

  it("are set and ended by a customer for its keys and end users, but not those that were set for it", async () => {
    const { id } = await newKey("app");
    const [status, own] = await customer("POST", "", { scope: "key", subject: id, amount: "5", every: "day" });
    expect([status, own]).toMatchObject([201, { set_by: "customer", scope: "key", every: "day", mode: "hard" }]);
    known();
    const [, theirs] = await team("POST", "", { scope: "key", subject: id, amount: "3", mode: "soft" });
    const [, list] = await customer("GET", "");
    expect(list["data"]).toMatchObject([{ id: theirs["id"] }, { id: own["id"] }]);
    expect((await customer("POST", `/${String(theirs["id"])}/end`))[0]).toBe(403);
    expect(await customer("POST", `/${String(own["id"])}/end`)).toMatchObject([200, { id: own["id"] }]);
    expect((await customer("GET", ""))[1]["data"]).toHaveLength(1);
  });

  it("are not set by the key that they are for", async () => {
    const { id, secret } = await newKey("app 2");
    await customer("POST", "", { scope: "key", subject: id, amount: "5" });
    known();
    expect((await customer("POST", "", { scope: "key", subject: id, amount: "500" }, secret))[0]).toBe(403);
  });

  it.each<[string, object, number]>([
    ["of another scope", { scope: "customer", subject: "x", amount: "1" }, 400],
    ["of a key of nobody", { scope: "key", subject: "key_nobody", amount: "1" }, 404],
    ["of no amount", { scope: "end_user", subject: "ann" }, 400],
    ["of less than nothing", { scope: "end_user", subject: "ann", amount: "-1" }, 400],
  ])("%s are refused", async (_name, body, status) => {
    expect((await customer("POST", "", body))[0]).toBe(status);
  });

  it("need an end user that is a text of bounded length", async () => {
    const ask = async (user: unknown) =>
      (await world.post("/v1/chat/completions", { model: "chat", messages, user })).status;
    expect([await ask(7), await ask("x".repeat(limits.endUserCharsMax + 1)), await ask("")]).toEqual([400, 400, 200]);
  });
});
