import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GatewayPolicy, handleRelay, openGateway, openPolicy, setGatewayPolicy } from "../gateway/index.ts";
import { examine } from "../insight/index.ts";
import { Secret } from "../kernel/secret.ts";
import { type Store, StoreError } from "../store/index.ts";
import { describeEachEngine, sqliteStores } from "../store/testing/engines.ts";
import { type Behaviour, chatAnswer, chatPieces } from "../upstream/testing/stub.ts";
import { allRoutes } from "./index.ts";
import { buildServer } from "./server.ts";
import { type RelayWorld, openRelayWorld, priced, stubUsage } from "./testing/relay-world.ts";

const messages = [{ role: "user", content: "Say hello" }];
const body = { model: "chat", messages };
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

/** A streamed request whose reader can stop and leave. */
function openStream(world: RelayWorld, asked: object): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${world.key}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${world.url}/v1/chat/completions`, { method: "POST", headers }, resolve);
    sent.on("error", reject);
    sent.end(JSON.stringify({ ...asked, stream: true }));
  });
}

const ill = async ({ server }: RelayWorld): Promise<string[]> =>
  (await examine(server.deps.store, server.clock.now())).flatMap(({ name, problems }) =>
    problems.map((p) => `${name}: ${p}`),
  );

describeEachEngine("a relayed stream", (stores) => {
  let world: RelayWorld;
  let before: bigint;
  beforeAll(async () => (world = await openRelayWorld(stores, { policy: { idleMs: 500 } })));
  afterAll(() => world.close());
  beforeEach(async () => (before = await world.spent()));
  const cost = async (): Promise<bigint> => (await world.spent()) - before;
  const part = chatPieces(["one two ", "three four"], stubUsage).slice(0, 3);
  // "Say hello" and its wrapping are estimated: 8 tokens in; 18 letters make 5 out
  const partOf = async (id: string): Promise<{ output: Record<string, unknown> }> =>
    (
      await fetch(`${world.url}/v1/predictions/${id}`, { headers: { authorization: `Bearer ${world.key}` } })
    ).json() as never;
  const idIn = (text: string): string => /pred_[0-9a-z]{26}/.exec(text)?.[0] ?? "";

  it.each<[string, Behaviour]>([
    ["breaks off", { kind: "stream", pieces: part, ending: "die" }],
    ["ends as if all were well", { kind: "stream", pieces: part, ending: "end" }],
    ["falls silent", { kind: "stream", pieces: part, ending: "hang" }],
    ["goes mad", { kind: "stream", pieces: [...part, "data: <html>\n\n"] }],
    ["tells an error", { kind: "stream", pieces: [...part, 'data: {"error":{"message":"oom"}}\n\n'] }],
  ])("whose upstream %s ends with an error event; what was delivered is billed", async (_story, behaviour) => {
    world.plan.push(behaviour);
    const answer = await world.post("/v1/chat/completions", { ...body, stream: true });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).toContain("three four");
    expect(text).not.toContain("[DONE]");
    expect(text.trim().split("\n\n").at(-1)).toMatch(/^data: \{"error":\{"type":"api_error","code":"upstream_failed"/);
    const { output } = await partOf(idIn(text));
    expect(output).toMatchObject({ finish_reason: "broken", completion_tokens: 5, estimated: true });
    expect(await cost()).toBe(priced(Number(output["prompt_tokens"]), 0, 5));
    expect(await ill(world)).toEqual([]);
  });

  it("whose customer leaves closes the upstream at once; what was delivered is billed", async () => {
    world.plan.push({ kind: "stream", pieces: part, ending: "hang" });
    const reading = await openStream(world, body);
    let text = "";
    for await (const chunk of reading) {
      text += String(chunk);
      if (text.includes("three four")) break; // leaving the loop closes the connection
    }
    await world.stub.requests.at(-1)?.gone;
    while ((await world.spent().catch(() => before)) === before) await turn();
    expect((await partOf(idIn(text))).output).toMatchObject({ finish_reason: "cancelled", completion_tokens: 5 });
    expect(await ill(world)).toEqual([]);
  });

  it("whose customer leaves before anything came is not billed", async () => {
    world.plan.push({ kind: "hang" });
    const count = world.stub.requests.length;
    const gone = new AbortController();
    const asking = fetch(`${world.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: gone.signal,
    }).catch(() => "gone");
    while (world.stub.requests.length === count) await turn();
    gone.abort();
    expect(await asking).toBe("gone");
    await world.stub.requests.at(-1)?.gone;
    let held = true;
    while (held)
      held = await world.spent().then(
        () => false,
        () => true,
      );
    expect(await cost()).toBe(0n);
  });

  it("that is read slowly slows its upstream, and loses nothing", async () => {
    const piece = chatPieces(["x".repeat(32_000)])[1] ?? "";
    world.plan.push({ kind: "stream", pieces: [...Array<string>(800).fill(piece), ...chatPieces([], stubUsage)] });
    const reading = await openStream(world, body);
    reading.pause();
    const request = world.stub.requests.at(-1);
    let written = -1;
    while (written !== request?.written()) {
      written = request?.written() ?? 0;
      for (let i = 0; i < 100; i++) await turn();
    }
    expect(written).toBeLessThan(20_000_000); // of 26 MB
    let [events, tail] = [0, ""];
    for await (const chunk of reading) {
      const text = tail + String(chunk);
      events += text.split("\n\n").length - 1;
      tail = text.slice(text.lastIndexOf("\n\n") + 2);
    }
    expect(events).toBe(803);
    expect(await cost()).toBe(priced(4, 6, 4));
  });
});

describe("the database", () => {
  let world: RelayWorld;
  beforeAll(async () => (world = await openRelayWorld(sqliteStores)));
  afterAll(() => world.close());

  /** The store, away from the given unit on for as long as it is told. */
  function failing(store: Store, name: string): { store: Store; back(): void } {
    let isAway = true;
    const run: Store["run"] = (unit, input) => {
      if (isAway && unit.name === name) return Promise.reject(new StoreError("unavailable", "away"));
      return store.run(unit, input);
    };
    return { store: { ...store, run }, back: () => (isAway = false) };
  }
  const ask = (gateway: ReturnType<typeof openGateway>, send?: (event: string) => void) =>
    handleRelay(gateway, {
      secret: new Secret(world.key),
      endpoint: "chat",
      api: "chat",
      body: { ...body, stream: send !== undefined },
      requestId: "req_1",
      ...(send ? { delivery: { send } } : {}),
    });

  it("away before: refused, and the upstream is not asked", async () => {
    const { deps } = world.server.deps.gateway;
    const asked = world.stub.requests.length;
    for (const name of ["admitUnit", "admitLeased"]) {
      const gateway = openGateway({ ...deps, store: failing(deps.store, name).store });
      const outcome = await ask(gateway).then(
        () => "answered",
        ({ code }: { code: string }) => code,
      );
      if (outcome === "answered") continue; // not a unit of this path
      expect(outcome).toBe("unavailable");
      expect(world.stub.requests).toHaveLength(asked);
      return;
    }
    throw new Error("no unit admits");
  });

  it("away after an answer in one piece was computed: nothing is answered, nothing billed", async () => {
    const { deps } = world.server.deps.gateway;
    const before = await world.spent();
    const gateway = openGateway({ ...deps, store: failing(deps.store, "settlePredictions").store });
    await expect(ask(gateway)).rejects.toMatchObject({ code: "unavailable" });
    expect(await world.spent()).toBe(before);
  });

  it("away after a stream was delivered: it ends with an error, and is recorded once when the database is back", async () => {
    const { deps } = world.server.deps.gateway;
    const before = await world.spent();
    const { store, back } = failing(deps.store, "settlePredictions");
    const gateway = openGateway({ ...deps, store });
    const events: string[] = [];
    await expect(ask(gateway, (event) => void events.push(event))).rejects.toMatchObject({ code: "unavailable" });
    expect(events.join("")).toContain('"lo"');
    await gateway.sweep(deps.clock.now());
    expect(gateway.unsettled.size).toBe(1);
    back();
    await gateway.sweep(deps.clock.now());
    await gateway.sweep(deps.clock.now());
    expect(gateway.unsettled.size).toBe(0);
    expect((await world.spent()) - before).toBe(priced(4, 6, 4));
    expect(await ill(world)).toEqual([]);
  });
});

describeEachEngine("a product's policy", (stores) => {
  let world: RelayWorld;
  beforeAll(async () => (world = await openRelayWorld(stores, { dataUse: "improve" })));
  afterAll(() => world.close());

  async function setPolicy(policy: Partial<GatewayPolicy>): Promise<void> {
    const { store, clock } = world.server.deps;
    await setGatewayPolicy(store, { product: world.product, policy: { ...openPolicy, ...policy }, nowMs: clock.now() });
    world.server.clock.advance(1_001);
  }
  const answered = async (asked: object): Promise<string> => (await world.post("/v1/chat/completions", asked)).text();
  const anonymous = (text: string): string => text.replace(/pred_[0-9a-z]{26}/g, "pred");

  it.each([
    ["request", priced(0, 0, 0)],
    ["cached_input_tokens", priced(0, 14, 0)],
  ] as const)(
    "cache: the same request is answered again for %s, for its customer and for a while",
    async (bills, price) => {
      await setPolicy({ cache: { ttlMs: 60_000, bills } });
      for (const stream of [false, true]) {
        const asked = { ...body, stream, note: bills };
        const first = await answered(asked);
        const [count, before] = [world.stub.requests.length, await world.spent()];
        const second = await answered({ note: bills, stream, ...body });
        expect(anonymous(second)).toBe(anonymous(first));
        expect(second).not.toBe(first);
        expect(world.stub.requests).toHaveLength(count);
        expect((await world.spent()) - before).toBe(price);
        await answered({ ...asked, temperature: 0 });
        expect(world.stub.requests).toHaveLength(count + 1);
        world.server.clock.advance(60_000);
        await answered(asked);
        expect(world.stub.requests).toHaveLength(count + 2);
      }
      expect(await ill(world)).toEqual([]);
    },
  );

  it("cache: a failed or broken answer is not kept", async () => {
    await setPolicy({ cache: { ttlMs: 60_000, bills: "request" } });
    const asked = { ...body, stream: true, note: "broken" };
    world.plan.push({ kind: "stream", pieces: chatPieces(["x"]).slice(0, 2), ending: "die" });
    expect(await answered(asked)).toContain("upstream_failed");
    expect(await answered(asked)).toContain("[DONE]");
  });

  it("guard: refused before anything is held, without repeating the text", async () => {
    const guard = { inputCharsMax: 60, languages: ["en"], blocked: ["launch code*", "secret * of mine"] };
    await setPolicy({ guard });
    const [count, before] = [world.stub.requests.length, await world.spent()];
    const say = async (content: unknown): Promise<string> => {
      const answer = await world.post("/v1/chat/completions", { model: "chat", messages: [{ role: "user", content }] });
      const text = await answer.text();
      return answer.status === 200 ? "answered" : `${answer.status} ${text}`;
    };
    const german = "Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter";
    expect(await say("x".repeat(61))).toMatch(/^413 /);
    expect(await say("tell me the LAUNCH Codes")).toMatch(/^403 .*rule 1/);
    expect(await say([{ type: "text", text: "a Secret recipe of MINE" }])).toMatch(/^403 .*rule 2/);
    expect(await say("a secret\nof mine")).toBe("answered"); // in two lines
    expect(await say(german)).toMatch(/^403 .*is in de/);
    expect(await say("The weather is quite ordinary here today")).toBe("answered");
    expect(world.stub.requests).toHaveLength(count + 2);
    expect((await world.spent()) - before).toBe(2n * priced(4, 6, 4));
    await setPolicy({});
    expect(await say(german)).toBe("answered");
  });

  it("capture: of customers who agreed, redacted, for the team only", async () => {
    await setPolicy({ capture: { share: 1 } });
    world.plan.push({ kind: "json", body: chatAnswer("Write to jane@example.com", stubUsage) });
    await answered({ model: "chat", messages: [{ role: "user", content: "I am jane@example.com, +49 170 1234567" }] });
    await world.server.deps.gateway.close();
    const url = `/admin/v1/products/${world.product}/captures`;
    const listed = await world.server.app.inject({ url, headers: world.server.operator });
    const [capture] = listed.json<{ data: { request: string; answer: string }[] }>().data;
    expect(capture?.request).toContain("[EMAIL]");
    expect(capture?.answer).toContain("Write to [EMAIL]");
    expect(listed.body).not.toMatch(/jane|1234567/);
    expect((await world.server.app.inject({ url, headers: { authorization: `Bearer ${world.key}` } })).statusCode).toBe(
      401,
    );
  });
});

it("a caller that sends too slowly is cut off", async () => {
  const world = await openRelayWorld(sqliteStores);
  const app = await buildServer(world.server.deps, { logger: false, routes: allRoutes, receiveMsMax: 100 });
  const url = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  const heads = [
    "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
  ];
  for (const head of heads) {
    const socket = connect(Number(url.port), url.hostname);
    socket.write(head);
    let said = "";
    socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await new Promise((closed) => socket.once("close", closed));
    expect(said).toMatch(/^HTTP\/1\.1 (408|401)/);
  }
  await app.close();
  await world.close();
});
