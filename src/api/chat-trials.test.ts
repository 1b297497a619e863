import { afterAll, beforeAll, expect, it } from "vitest";
import { query, sql } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { chatPieces } from "../upstream/testing/stub.ts";
import { everyRow, textOf } from "./testing/tenants.ts";
import { type RelayWorld, openRelayWorld, stubUsage } from "./testing/relay-world.ts";

const messages = [{ role: "user", content: "a secret question" }];

describeEachEngine("the team tries an upstream by chat", (stores) => {
  let world: RelayWorld;
  beforeAll(async () => (world = await openRelayWorld(stores, { policy: { idleMs: 500 } })));
  afterAll(() => world.close());

  const ask = (path: string, body?: object, signal?: AbortSignal) =>
    fetch(`${world.url}/admin/v1/routes/${path}`, {
      method: body ? "POST" : "GET",
      headers: { ...world.server.operator, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
  const eventsIn = (text: string): Record<string, unknown>[] =>
    text
      .split("\n\n")
      .filter(Boolean)
      .map((event) => JSON.parse(event.replace("data: ", "")) as Record<string, unknown>);
  const costs = async () =>
    (await (await ask("chat/trial-costs?from_ms=0")).json()) as { data: { trials: number; cost: object }[] };
  const trials = () =>
    world.server.deps.store.perform(query<{ n: number }>(sql`select count(*) as n from chat_trials`));

  it("streams it, tells what it cost, bills nobody, and keeps nothing of what was said", async () => {
    const body = {
      messages: [{ role: "system", content: "Be short." }, ...messages],
      temperature: 0.5,
      tokens_max: 50,
    };
    const events = eventsIn(await (await ask("chat/try", body)).text());
    expect(events.slice(0, -1)).toEqual([{ text: "Hel" }, { text: "lo" }]);
    // 4 fresh tokens at 1, 6 cached at 0.50, 4 written at 2 for a million
    const cost = { amount_nanos: "15000", currency: "usd" };
    const told = { object: "chat_trial", model: "plain/stub-model", text: "Hello", finish_reason: "stop", cost };
    expect(events.at(-1)).toMatchObject({ ...told, input_tokens: 10, output_tokens: 4, estimated: false });
    expect(world.stub.requests.at(-1)?.body).toMatchObject({
      temperature: 0.5,
      max_tokens: 50,
      messages: body.messages,
    });
    expect(await costs()).toMatchObject({ data: [{ trials: 1, cost }] });
    expect(await world.spent()).toBe(0n);
    const rows = (await everyRow(world.server.deps.store)).map(textOf).join("\n");
    expect(rows).toContain("chat_trials");
    expect(rows).not.toMatch(/secret question|Hello/);
  });

  it("one that breaks off ends with its error, and what it cost until then is recorded", async () => {
    const before = (await trials())[0]?.n ?? 0;
    world.plan.push({ kind: "stream", pieces: chatPieces(["one two"], stubUsage).slice(0, 2), ending: "die" });
    const events = eventsIn(await (await ask("chat/try", { messages })).text());
    expect(events[0]).toEqual({ text: "one two" });
    expect(events.at(-1)).toMatchObject({ error: { code: "upstream_failed" } });
    expect((await trials())[0]?.n).toBe(before + 1);
  });

  it("one that is stopped ends at the upstream too, and is recorded", async () => {
    const before = (await trials())[0]?.n ?? 0;
    world.plan.push({ kind: "stream", pieces: chatPieces(["one two"], stubUsage).slice(0, 2), ending: "hang" });
    const stop = new AbortController();
    const answer = await ask("chat/try", { messages }, stop.signal);
    await answer.body?.getReader().read();
    stop.abort();
    await world.stub.requests.at(-1)?.gone;
    await expect.poll(async () => (await trials())[0]?.n).toBe(before + 1);
  });

  it("asks nobody where there is no route, and refuses what is too much", async () => {
    expect((await ask("nothing/try", { messages })).status).toBe(404);
    expect((await ask("chat/try", { messages: [] })).status).toBe(400);
    expect((await ask("chat/try", { messages, tokens_max: 1_000_000 })).status).toBe(400);
  });
});
