import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Refusal } from "../kernel/errors.ts";
import { manualClock } from "../kernel/clock.ts";
import { seededRandom } from "../kernel/random.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, sqliteStores, testEpochMs } from "../store/testing/engines.ts";
import { type Breaker, afterFailure, afterNothing, afterSuccess, closed, enter } from "./breaker.ts";
import { changeUpstream } from "./definition.ts";
import type { Forwarded } from "./forward.ts";
import { listUpstreamHealth } from "./health.ts";
import { getUpstreamModel } from "./model.ts";
import { type Behaviour, type Stub, chatAnswer, chatPieces, openStub } from "./testing/stub.ts";
import { addStubUpstream, routeTo, upstreamPepper, upstreamSecret, upstreamsOver } from "./testing/fixture.ts";
import { orderTargets } from "./tries.ts";
import { type Upstreams, checkUpstream } from "./upstreams.ts";
import { silentLog } from "../kernel/log.ts";
import type { Json } from "./usage.ts";

const usage = { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } };
const body: Json = { model: "chat", messages: [{ role: "user", content: "hi" }], unknown_field: { kept: true } };
const good: Behaviour = { kind: "json", body: chatAnswer("hello", usage) };
const failing = (status: number, headers = {}): Behaviour => ({
  kind: "json",
  status,
  headers,
  body: { error: { message: `because of ${status}, said ${upstreamSecret}`, param: "messages" } },
});

/** Two stubs, the second the fallback of the first; `plan` says how each answers, one call after the other. */
interface World {
  readonly store: Store;
  readonly stubs: readonly [Stub, Stub];
  plan: [Behaviour[], Behaviour[]];
  dispose(): Promise<void>;
}

async function openWorld(open = sqliteStores.open): Promise<World> {
  const { store, dispose } = await open();
  const world = { store, plan: [[], []] } as unknown as { -readonly [K in keyof World]: World[K] };
  const stubOf = (n: 0 | 1) => openStub(() => world.plan[n].shift() ?? good);
  const [a, b] = [await stubOf(0), await stubOf(1)];
  world.stubs = [a, b];
  const models = [
    await addStubUpstream(store, { name: "a", url: a.url }),
    await addStubUpstream(store, { name: "b", url: b.url }),
  ];
  await routeTo(store, "chat", models, { firstByteMs: 300, idleMs: 300, totalMs: 5_000, failuresMax: 100 });
  await routeTo(store, "one", models.slice(0, 1), { triesMax: 2, failuresMax: 2, openMs: 10_000 });
  world.dispose = async () => {
    await Promise.all([a.close(), b.close()]);
    await dispose();
  };
  return world;
}

async function ask(
  upstreams: Upstreams,
  more: {
    endpoint?: string;
    stream?: boolean;
    signal?: AbortSignal;
    body?: Json;
    api?: "chat" | "responses" | "embeddings";
  } = {},
): Promise<Forwarded> {
  const { endpoint = "chat", stream = false, signal, api = "chat" } = more;
  const route = await upstreams.route(endpoint);
  if (!route) throw new Error("no route");
  return upstreams.forward({ route, api, body: more.body ?? body, stream, currency: "usd", seed: "1", signal });
}

async function readRest(answer: Forwarded): Promise<Json[]> {
  if (answer.kind !== "stream") throw new Error("not a stream");
  const messages = [answer.first];
  for (let next = await answer.rest.next(); next; next = await answer.rest.next()) messages.push(next);
  return messages;
}

describe("forwarding", () => {
  let world: World;
  beforeAll(async () => (world = await openWorld()));
  afterAll(() => world.dispose());
  const counts = (): number[] => world.stubs.map(({ requests }) => requests.length);

  it("sends what the customer sent, under the upstream's name and key", async () => {
    const upstreams = upstreamsOver(world.store);
    const answer = await ask(upstreams);
    expect(answer).toMatchObject({ kind: "answer", told: { input: 12, cached: 2, output: 3 }, finish: "stop" });
    const request = world.stubs[0].requests.at(-1);
    expect(request?.path).toBe("/v1/chat/completions");
    expect(request?.headers.authorization).toBe(`Bearer ${upstreamSecret}`);
    expect(request?.body).toEqual({ ...body, model: "stub-model", stream: false });
    await upstreams.close();
  });

  const story: readonly [story: string, plan: [Behaviour[], Behaviour[]], tries: [number, number], outcome: string][] =
    [
      ["a 500 falls back", [[failing(500)], []], [1, 1], "hello"],
      ["a dead connection falls back", [[{ kind: "die" }], []], [1, 1], "hello"],
      ["silence falls back", [[{ kind: "hang" }], []], [1, 1], "hello"],
      ["a limit falls back", [[failing(429)], []], [1, 1], "hello"],
      ["a wrong key falls back and is not tried again", [[failing(401)], [failing(503), good]], [1, 2], "hello"],
      ["after the fallback the first is tried again", [[failing(503), good], [failing(503)]], [2, 1], "hello"],
      ["an answer that is no JSON falls back", [[{ kind: "json", body: "<html>" }], []], [1, 1], "hello"],
      [
        "an error with status 200 falls back",
        [[{ kind: "json", body: { error: { message: "x" } } }], []],
        [1, 1],
        "hello",
      ],
      [
        "a wrong request is told at once",
        [[failing(400)], []],
        [1, 0],
        '"invalid_request","message":"because of 400, said [secret]","param":"messages"',
      ],
      ["what cannot be read is told at once", [[failing(422)], []], [1, 0], "invalid_data"],
      ["too large a request is told at once", [[failing(413)], []], [1, 0], "too_large"],
      ["all down", [[failing(500), failing(502)], [failing(503)]], [2, 1], "upstream_failed"],
      ["all slow", [[{ kind: "hang" }, { kind: "hang" }], [{ kind: "hang" }]], [2, 1], "upstream_timeout"],
      [
        "all limited",
        [[failing(429), failing(429, { "retry-after": "17" })], [failing(429)]],
        [2, 1],
        '"rate_limited","message":"The upstream is at its rate limit. because of 429, said [secret]","retryAfterSeconds":17',
      ],
      ["all refuse our key", [[failing(401)], [failing(404)]], [1, 1], "upstream_failed"],
      ["a redirect is not followed", [[failing(302, { location: "http://127.0.0.1:1/" })], []], [1, 1], "hello"],
    ];
  it.each(story)("%s", async (_story, plan, [triesA, triesB], outcome) => {
    const upstreams = upstreamsOver(world.store);
    world.plan = [[...plan[0]], [...plan[1]]];
    const [a = 0, b = 0] = counts();
    const ended = await ask(upstreams).then(
      (answer) => JSON.stringify("message" in answer ? answer.message : answer.first),
      ({ code, message, details }: Refusal) => JSON.stringify({ code, message, ...details }),
    );
    expect(ended).not.toContain(upstreamSecret);
    expect(ended).toContain(outcome);
    expect(counts()).toEqual([a + triesA, b + triesB]);
    world.plan = [[], []];
    await upstreams.close();
  });

  it("streams: asks for usage, gives each event, ends with the count", async () => {
    const upstreams = upstreamsOver(world.store);
    world.plan[0] = [{ kind: "stream", pieces: chatPieces(["a", "b"], usage) }];
    const answer = await ask(upstreams, { stream: true });
    expect(await readRest(answer)).toHaveLength(5);
    expect(answer.kind === "stream" && answer.rest.heard()).toMatchObject({
      told: { input: 12, output: 3 },
      finish: "stop",
    });
    expect(world.stubs[0].requests.at(-1)?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
    await upstreams.close();
  });

  it.each<[string, Behaviour]>([
    ["dies before its first event", { kind: "stream", pieces: [": keep-alive\n\n"], ending: "die" }],
    ["begins with an error", { kind: "stream", pieces: ['data: {"error":{"message":"x"}}\n\n'] }],
    ["says nothing", { kind: "stream", pieces: [": keep-alive\n\n"], ending: "hang" }],
    ["is no stream", good],
  ])("streams: one that %s is tried elsewhere", async (_story, behaviour) => {
    const upstreams = upstreamsOver(world.store);
    world.plan = [[behaviour], [{ kind: "stream", pieces: chatPieces(["c"]) }]];
    const [, b = 0] = counts();
    expect(await readRest(await ask(upstreams, { stream: true }))).toHaveLength(3);
    expect(counts()[1]).toBe(b + 1);
    await upstreams.close();
  });

  it("streams: one that dies later fails there, and is not tried again", async () => {
    const upstreams = upstreamsOver(world.store);
    world.plan[0] = [{ kind: "stream", pieces: chatPieces(["a", "b"]).slice(0, 2), ending: "die" }];
    const before = counts();
    const answer = await ask(upstreams, { stream: true });
    await expect(readRest(answer)).rejects.toMatchObject({ failure: { kind: "broken" } });
    expect(counts()).toEqual([(before[0] ?? 0) + 1, before[1]]);
    await upstreams.close();
  });

  it("the caller gone: the upstream sees its connection close, before and while it answers", async () => {
    const upstreams = upstreamsOver(world.store);
    const early = new AbortController();
    world.plan[0] = [{ kind: "hang" }];
    const [before] = counts();
    const asking = ask(upstreams, { signal: early.signal });
    while (counts()[0] === before) await new Promise((r) => setImmediate(r));
    early.abort();
    await expect(asking).rejects.toMatchObject({ code: "cancelled" });
    await world.stubs[0].requests.at(-1)?.gone;
    const late = new AbortController();
    world.plan[0] = [{ kind: "stream", pieces: chatPieces(["a"]).slice(0, 2), ending: "hang" }];
    const answer = await ask(upstreams, { stream: true, signal: late.signal });
    const reading = readRest(answer);
    late.abort();
    await expect(reading).rejects.toMatchObject({ failure: { kind: "cancelled" } });
    await world.stubs[0].requests.at(-1)?.gone;
    await upstreams.close();
  });

  it("a slow reader slows the upstream down", async () => {
    const upstreams = upstreamsOver(world.store);
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content: "x".repeat(64_000) } }] })}\n\n`;
    world.plan[0] = [{ kind: "stream", pieces: [...Array<string>(400).fill(piece), ...chatPieces([])] }];
    const answer = await ask(upstreams, { stream: true });
    const stub = world.stubs[0].requests.at(-1);
    let before = -1;
    while (before !== stub?.written()) {
      before = stub?.written() ?? 0;
      for (let i = 0; i < 50; i++) await new Promise((r) => setImmediate(r));
    }
    expect(before).toBeLessThan(20_000_000); // of 25 MB: the rest waits in the upstream
    expect(await readRest(answer)).toHaveLength(402);
    await upstreams.close();
  });

  it("unknown prices and doors fail closed", async () => {
    const upstreams = upstreamsOver(world.store);
    const before = counts();
    const route = await upstreams.route("chat");
    if (!route) throw new Error("no route");
    const asked = { route, api: "chat" as const, body, stream: false, seed: "1" };
    await expect(upstreams.forward({ ...asked, currency: "eur" })).rejects.toMatchObject({ code: "unavailable" });
    const doorless = { ...route, targets: route.targets.map((t) => ({ ...t, model: { ...t.model, apis: [] } })) };
    await expect(upstreams.forward({ ...asked, route: doorless, currency: "usd" })).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(counts()).toEqual(before);
    expect(await upstreams.route("none")).toBeUndefined();
    await upstreams.close();
  });

  it("a private address that was allowed is refused from when it is not", async () => {
    const upstreams = upstreamsOver(world.store);
    const route = await upstreams.route("one");
    if (!route) throw new Error("no route");
    const targets = route.targets.map((t) => ({ ...t, upstream: { ...t.upstream, allowPrivate: false } }));
    const named = targets.map((t) => ({
      ...t,
      upstream: { ...t.upstream, baseUrl: t.upstream.baseUrl.replace("127.0.0.1", "localhost") },
    }));
    const before = counts();
    for (const turned of [targets, named]) {
      const asked = {
        route: { ...route, targets: turned },
        api: "chat" as const,
        body,
        stream: false,
        currency: "usd" as const,
        seed: "1",
      };
      await expect(upstreams.forward(asked)).rejects.toMatchObject({ code: "upstream_failed" });
    }
    expect(counts()).toEqual(before);
    await upstreams.close();
  });

  it("is checked by asking for its models", async () => {
    const options = { db: world.store, pepper: upstreamPepper, clock: manualClock(testEpochMs), log: silentLog };
    world.plan[0] = [{ kind: "json", body: { object: "list", data: [{ id: "stub-model" }] } }, failing(401)];
    expect(await checkUpstream(options, "a")).toMatchObject({ state: "well", models: ["stub-model"] });
    expect(await checkUpstream(options, "a")).toMatchObject({
      state: "ill",
      reason: expect.stringContaining("401") as string,
    });
  });
});

describe("the circuit breaker", () => {
  const policy = { failuresMax: 2, openMs: 100 };
  const open: Breaker = { state: "open", untilMs: 150, reason: "r" };
  const half: Breaker = { state: "half_open", reason: "r" };
  it.each<[string, Breaker, Breaker]>([
    ["one failure is remembered", afterFailure(closed, "r", 50, policy), { state: "closed", failures: 1 }],
    ["a success forgets it", afterSuccess({ state: "closed", failures: 1 }), closed],
    ["two in a row open it", afterFailure({ state: "closed", failures: 1 }, "r", 50, policy), open],
    ["a failed probe opens it again", afterFailure(half, "r", 50, policy), open],
    ["a good probe closes it", afterSuccess(half), closed],
    ["a probe whose caller left lets the next one go", afterNothing(half, 70), { ...open, untilMs: 70 }],
  ])("%s", (_story, became, expected) => expect(became).toEqual(expected));
  it.each<[string, Breaker, number, boolean, Breaker]>([
    ["closed lets through", closed, 0, true, closed],
    ["open does not", open, 149, false, open],
    ["open for long enough lets one through", open, 150, true, half],
    ["half-open no second one", half, 1_000, false, half],
  ])("%s", (_story, breaker, nowMs, may, became) => expect(enter(breaker, nowMs)).toEqual({ may, breaker: became }));
});

describe("the order of targets", () => {
  const targets = [
    { name: "a", priority: 0, weight: 3 },
    { name: "b", priority: 0, weight: 1 },
    { name: "c", priority: 1, weight: 100 },
  ];
  it("goes by priority, then by weight", () => {
    const random = seededRandom(7);
    const orders = Array.from({ length: 4_000 }, () =>
      orderTargets(targets, random)
        .map(({ name }) => name)
        .join(""),
    );
    const share = orders.filter((order) => order === "abc").length / orders.length;
    expect(new Set(orders)).toEqual(new Set(["abc", "bac"]));
    expect(share).toBeGreaterThan(0.72);
    expect(share).toBeLessThan(0.78);
  });
});

describeEachEngine("an ill upstream", (stores) => {
  it("is left alone, shown, probed by one request, and well again", async () => {
    const world = await openWorld(stores.open);
    const clock = manualClock(testEpochMs);
    const upstreams = upstreamsOver(world.store, clock);
    const { id } = await getUpstreamModel(world.store, "a/stub-model");
    const one = { endpoint: "one" };
    world.plan[0] = [failing(500), failing(500)];
    await expect(ask(upstreams, one)).rejects.toMatchObject({ code: "upstream_failed" });
    expect(upstreams.breaker(id).state).toBe("open");
    await expect(ask(upstreams, one)).rejects.toMatchObject({
      code: "unavailable",
      details: { retryAfterSeconds: 10 },
    });
    expect(world.stubs[0].requests).toHaveLength(2);
    clock.advance(10_000);
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    world.plan[0] = [{ kind: "paced", next: () => held.then(() => undefined) }];
    const probe = ask(upstreams, { ...one, stream: true });
    while (world.stubs[0].requests.length < 3) await new Promise((r) => setImmediate(r));
    await expect(ask(upstreams, one)).rejects.toMatchObject({ code: "unavailable" });
    letGo();
    await expect(probe).rejects.toMatchObject({ code: "upstream_failed" }); // the probe failed: open again
    clock.advance(10_000);
    expect(await ask(upstreams, one)).toMatchObject({ kind: "answer" });
    expect(upstreams.breaker(id).state).toBe("closed");
    await upstreams.close();
    expect(await listUpstreamHealth(world.store, [id])).toMatchObject([
      { state: "closed", reason: null, sinceMs: clock.now() },
    ]);
    await world.dispose();
  });

  it("that is switched off is not asked any more", async () => {
    const world = await openWorld(stores.open);
    const upstreams = upstreamsOver(world.store);
    await changeUpstream(world.store, { upstream: "a", enabled: false, pepper: upstreamPepper, nowMs: testEpochMs });
    expect(await ask(upstreams)).toMatchObject({ target: { upstream: { name: "b" } } });
    await expect(ask(upstreams, { endpoint: "one" })).rejects.toMatchObject({ code: "invalid_request" });
    await upstreams.close();
    await world.dispose();
  });
});
