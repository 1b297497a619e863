import OpenAI, { RateLimitError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type RelayWorld, openRelayWorld } from "./testing/relay-world.ts";

const messages = [{ role: "user" as const, content: "Say hello" }];
const minuteMs = 60_000;

describeEachEngine("a customer with limits", (stores) => {
  let world: RelayWorld;
  let client: OpenAI;
  beforeAll(async () => {
    world = await openRelayWorld(stores);
    client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: world.key, maxRetries: 0 });
  });
  afterAll(() => world.close());

  const admin = async (url: string, payload: object): Promise<{ statusCode: number; json: () => unknown }> =>
    world.server.app.inject({ method: "POST", url, headers: world.server.operator, payload });
  /** New limits, known to the gateway, at the beginning of a minute. */
  const limit = async (requests: number | null, tokens: number | null): Promise<void> => {
    const body = { requests_per_minute: requests, tokens_per_minute: tokens };
    expect((await admin(`/admin/v1/customers/${world.customer}/limits`, body)).json()).toMatchObject({ limits: body });
    world.server.clock.set(Math.ceil((world.server.clock.now() + minuteMs) / minuteMs) * minuteMs);
  };
  const told = ({ headers }: Response): (string | null)[] =>
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"].map((name) => headers.get(name));

  const chat = { model: "chat", messages };
  it.each<[string, string, object]>([
    ["chat", "/v1/chat/completions", chat],
    ["a chat that is streamed", "/v1/chat/completions", { ...chat, stream: true }],
    ["a response", "/v1/responses", { model: "native", input: "Say hello" }],
    ["a response that is streamed", "/v1/responses", { model: "native", input: "Say hello", stream: true }],
    ["a completion", "/v1/completions", { model: "chat", prompt: "Once" }],
    ["embeddings", "/v1/embeddings", { model: "chat", input: "Once" }],
  ])("is told of them with %s, and refused beyond them", async (_name, path, body) => {
    await limit(2, null);
    const answers: [number, ...(string | null)[]][] = [];
    for (let i = 0; i < 3; i++) {
      const answer = await world.post(path, body);
      await answer.text();
      answers.push([answer.status, ...told(answer)]);
    }
    expect(answers).toEqual([
      [200, "2", "1", "60", null],
      [200, "2", "0", "60", null],
      [429, "2", "0", "60", "60"],
    ]);
  });

  it("gets the official client's error, with what to do", async () => {
    await limit(1, null);
    await client.chat.completions.create({ model: "chat", messages });
    const refused = client.chat.completions.create({ model: "chat", messages });
    await expect(refused).rejects.toThrow(RateLimitError);
    await expect(refused).rejects.toMatchObject({ code: "rate_limited", status: 429 });
    await expect(refused).rejects.toThrow("The limit of 1 requests a minute is reached. Wait for the next minute.");
  });

  it("is counted by the tokens that were used, reserved by the most", async () => {
    await limit(null, 1_200);
    const asked = { ...chat, max_tokens: 800 };
    for (let i = 0; i < 3; i++) expect((await world.post("/v1/chat/completions", asked)).status).toBe(200);
    const large = await world.post("/v1/chat/completions", { ...chat, max_tokens: 1_000 });
    expect([large.status, await large.json()]).toMatchObject([413, { error: { code: "too_large" } }]);
    const answers = await Promise.all([1, 2, 3].map(() => world.post("/v1/chat/completions", asked)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it("is not told of any when it has none", async () => {
    await limit(null, null);
    const answer = await world.post("/v1/chat/completions", chat);
    expect([answer.status, ...told(answer)]).toEqual([200, null, null, null, null]);
  });

  describe("limits its keys itself", () => {
    const asCustomer = async (path: string, body: object): Promise<[number, Record<string, unknown>]> => {
      const answer = await world.post(path, body);
      return [answer.status, (await answer.json()) as Record<string, unknown>];
    };
    it("within its own", async () => {
      const [, { id, secret }] = await asCustomer("/v1/keys", { name: "narrow" });
      const [status, key] = await asCustomer(`/v1/keys/${String(id)}/limits`, { requests_per_minute: 1 });
      expect([status, key["limits"]]).toEqual([200, { requests_per_minute: 1, tokens_per_minute: null }]);
      const headers = { authorization: `Bearer ${String(secret)}` };
      const first = await world.post("/v1/chat/completions", chat, headers);
      const second = await world.post("/v1/chat/completions", chat, headers);
      expect([first.status, second.status]).toEqual([200, 429]);
      expect(await second.text()).toContain("This key's limit of 1 requests a minute is reached.");
      const itself = await world.post(`/v1/keys/${String(id)}/limits`, { requests_per_minute: null }, headers);
      expect(itself.status).toBe(403);
    });
    it.each<[string, string, object, number]>([
      ["a key that is not there", "/v1/keys/key_nothing/limits", { requests_per_minute: 1 }, 404],
      ["a limit of nothing", "/v1/keys/key_nothing/limits", { requests_per_minute: 0 }, 400],
      ["nothing at all", "/v1/keys/key_nothing/limits", {}, 400],
    ])("but not %s", async (_name, path, body, status) => {
      expect((await asCustomer(path, body))[0]).toBe(status);
    });
  });
});
