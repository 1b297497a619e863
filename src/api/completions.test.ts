import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Id } from "../kernel/ids.ts";
import type { Model } from "../models/index.ts";
import { registerRhymeModel } from "../models/testing/rhyme-model.ts";
import { deploy } from "../serve/index.ts";
import { registerSmallModel } from "../serve/testing/small-model.ts";
import { balanceOfCustomer, createCustomer, createKey, createPlan, createProduct } from "../sell/index.ts";
import { createSubscription, receivePayment } from "../sell/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

const priceNanos = 10_000_000n;

/** The official client, over a socket, as a customer's program uses it. */
describeEachEngine("/v1/completions", (stores) => {
  let server: TestServer;
  let model: Model;
  let url: string;
  let key: string;
  let customer: Id<"customer">;
  let client: OpenAI;
  beforeAll(async () => {
    server = await openTestServer(stores);
    const { store, clock, pepper } = server.deps;
    const nowMs = clock.now();
    model = await registerRhymeModel(store, nowMs);
    await deploy(store, { endpoint: "rhymes", model: model.id, role: "champion", nowMs });
    const classifier = await registerSmallModel(store, { nowMs });
    await deploy(store, { endpoint: "spam", model: classifier.id, role: "champion", nowMs });
    ({ id: customer } = await createCustomer(store, {
      name: "Poet",
      currency: "usd",
      terms: { kind: "prepaid" },
      nowMs,
    }));
    for (const endpoint of ["rhymes", "spam"]) {
      const product = await createProduct(store, { name: endpoint, endpoint, nowMs });
      const price = { kind: "per_unit", perThousandNanos: priceNanos * 1_000n, freeUnits: 0 } as const;
      const components = [{ unit: "predictions", price }] as const;
      const terms = { product: product.id, name: "Basic", currency: "usd", feeNanos: 0n, nowMs } as const;
      const plan = await createPlan(store, { ...terms, components });
      await createSubscription(store, { customer, plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs });
    }
    await receivePayment(store, { customer, amountNanos: 100n * priceNanos, reference: "1", nowMs });
    key = (await createKey(store, { customer, name: "test", pepper, nowMs })).secret.reveal();
    url = await server.app.listen({ port: 0, host: "127.0.0.1" });
    client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
  });
  afterAll(() => server.close());

  const spent = async (): Promise<bigint> => {
    await server.deps.gateway.leases.close(); // many short tests look like one busy customer
    const { balanceNanos, heldNanos } = await balanceOfCustomer(server.deps.store, customer);
    expect(heldNanos).toBe(0n);
    return (100n * priceNanos - balanceNanos) / priceNanos;
  };
  const greedy = { model: "rhymes", prompt: "row row your", temperature: 0 } as const;

  it("continues a text, for the price of one request", async () => {
    const before = await spent();
    const completion = await client.completions.create({ ...greedy, max_tokens: 5 });
    expect(completion).toEqual({
      id: expect.stringMatching(/^pred_/),
      object: "text_completion",
      created: Math.floor(server.clock.now() / 1_000),
      model: "rhymes",
      system_fingerprint: model.id,
      choices: [{ text: " boat, row your boat", index: 0, logprobs: null, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
    });
    expect((await spent()) - before).toBe(1n);
    const recorded = await fetch(`${url}/v1/predictions/${completion.id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(await recorded.json()).toMatchObject({
      output: { text: " boat, row your boat", finish_reason: "length", prompt_tokens: 3, completion_tokens: 5 },
    });
  });

  it("stops where it is told to and says how likely each token was", async () => {
    const { choices } = await client.completions.create({ ...greedy, stop: [" row"], logprobs: 2, max_tokens: 9 });
    expect(choices[0]?.text).toBe(" boat,");
    expect(choices[0]?.finish_reason).toBe("stop");
    expect(choices[0]?.logprobs?.tokens).toEqual([" boat", ",", " row"]);
    expect(choices[0]?.logprobs?.text_offset).toEqual([0, 5, 6]);
    expect(choices[0]?.logprobs?.token_logprobs?.[0]).toBeCloseTo(Math.log(0.9), 4);
    expect(Object.keys(choices[0]?.logprobs?.top_logprobs?.[0] ?? {})).toEqual([" boat", "海"]);
  });

  it("writes the same by the same seed", async () => {
    const create = async (seed: number) =>
      (await client.completions.create({ model: "rhymes", prompt: "", seed, max_tokens: 12 })).choices[0]?.text;
    expect(await create(5)).toBe(await create(5));
    expect(new Set([await create(1), await create(2), await create(3), await create(4)]).size).toBeGreaterThan(1);
  });

  it("streams: the pieces are the text, then the reason, the usage, and the end", async () => {
    const before = await spent();
    const stream = await client.completions.create({
      ...greedy,
      max_tokens: 4,
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: OpenAI.Completion[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(pieces.map(({ choices }) => choices[0]?.text)).toEqual([" boat", ",", " row", " your", "", undefined]);
    expect(pieces.map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      null,
      "length",
      undefined,
    ]);
    expect(pieces.at(-1)?.usage).toEqual({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
    expect(new Set(pieces.map(({ id }) => id)).size).toBe(1);
    expect((await spent()) - before).toBe(1n);
  });

  it("ends with [DONE] and says that it is a stream of events", async () => {
    const response = await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ ...greedy, max_tokens: 1, stream: true }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const events = (await response.text()).split("\n\n").filter(Boolean);
    expect(events.at(-1)).toBe("data: [DONE]");
    expect(events).toHaveLength(3);
  });

  it("writes no more when the client leaves; what was delivered is recorded and billed, once", async () => {
    const before = await spent();
    const leaving = new AbortController();
    const stream = await client.completions.create(
      { model: "rhymes", prompt: "row", max_tokens: 1_024, temperature: 0, stream: true },
      { signal: leaving.signal },
    );
    let id = "";
    for await (const piece of stream) {
      id = piece.id;
      leaving.abort();
    }
    await expect.poll(spent, { timeout: 20_000 }).toBe(before + 1n);
    const response = await fetch(`${url}/v1/predictions/${id}`, { headers: { authorization: `Bearer ${key}` } });
    const { output } = (await response.json()) as { output: { completion_tokens: number } };
    expect(output).toMatchObject({ finish_reason: "cancelled", text: expect.stringMatching(/^ row/) });
    expect(output.completion_tokens).toBeLessThan(1_000);
  });

  it("a text that is not streamed costs nothing when the client leaves, and is written anew for the same key", async () => {
    const before = await spent();
    const leaving = new AbortController();
    const body = { model: "rhymes", prompt: "row", max_tokens: 1_024, temperature: 0 } as const;
    const again = { headers: { "Idempotency-Key": "left" } };
    const left = client.completions.create(body, { ...again, signal: leaving.signal });
    await expect.poll(() => server.deps.gateway.inFlight.size).toBe(1);
    leaving.abort();
    await expect(left).rejects.toThrow("aborted");
    await expect.poll(() => server.deps.gateway.inFlight.size, { timeout: 20_000 }).toBe(0);
    expect(await spent()).toBe(before);
    const second = await client.completions.create(body, again);
    expect(second.usage?.completion_tokens).toBe(1_024);
    expect(await spent()).toBe(before + 1n);
  });

  it("answers a repeated Idempotency-Key once and bills it once, streamed or not", async () => {
    const before = await spent();
    const body = { model: "rhymes", prompt: "row", max_tokens: 6 };
    const again = { headers: { "Idempotency-Key": "poem-1" } };
    const first = await client.completions.create(body, again);
    expect(await client.completions.create(body, again)).toEqual(first);
    const { data: streamed, response } = await client.completions
      .create({ ...body, stream: true }, again)
      .withResponse();
    expect(response.headers.get("idempotent-replayed")).toBe("true");
    let text = "";
    for await (const piece of streamed) text += piece.choices[0]?.text ?? "";
    expect(text).toBe(first.choices[0]?.text);
    expect((await spent()) - before).toBe(1n);
    await expect(client.completions.create({ ...body, max_tokens: 7 }, again)).rejects.toMatchObject({
      status: 409,
      code: "idempotency_mismatch",
    });
  });

  describe("requests that must be refused, and cost nothing", () => {
    const rows: readonly [story: string, body: object, status: number, code: string][] = [
      ["another endpoint's name", { model: "poems", prompt: "row" }, 403, "not_entitled"],
      ["a model that does not write", { model: "spam", prompt: "win" }, 400, "invalid_request"],
      ["the same, streamed", { model: "spam", prompt: "win", stream: true }, 400, "invalid_request"],
      ["two texts at once", { model: "rhymes", prompt: "row", n: 2 }, 400, "invalid_request"],
      ["the prompt said again", { model: "rhymes", prompt: "row", echo: true }, 400, "invalid_request"],
      ["several prompts", { model: "rhymes", prompt: ["row", "boat"] }, 400, "invalid_request"],
      ["token ids", { model: "rhymes", prompt: [2, 3] }, 400, "invalid_request"],
      ["more tokens than are written", { model: "rhymes", prompt: "row", max_tokens: 100_000 }, 400, "invalid_request"],
      ["an unknown field", { model: "rhymes", prompt: "row", tools: [] }, 400, "invalid_request"],
      ["too long a prompt", { model: "rhymes", prompt: "row ".repeat(6_000) }, 413, "too_large"],
      ["an empty stop", { model: "rhymes", prompt: "row", stop: "" }, 400, "invalid_request"],
    ];
    it.each(rows)("%s", async (_, body, status, code) => {
      const before = await spent();
      await expect(client.completions.create(body as never)).rejects.toMatchObject({ status, code });
      expect(await spent()).toBe(before);
    });
    it("a prediction from a model that writes", async () => {
      const response = await server.app.inject({
        method: "POST",
        url: "/v1/predictions",
        headers: { authorization: `Bearer ${key}` },
        payload: { endpoint: "rhymes", input: "row" },
      });
      expect([response.statusCode, response.json<{ error: { message: string } }>().error.message]).toEqual([
        400,
        "This endpoint writes text: ask it at /v1/completions.",
      ]);
    });
    it("a stranger", async () => {
      const stranger = new OpenAI({ apiKey: "mk_wrong", baseURL: `${url}/v1`, maxRetries: 0 });
      await expect(stranger.completions.create({ ...greedy })).rejects.toMatchObject({ status: 401 });
    });
    it("a customer without money", async () => {
      const { store, pepper, clock } = server.deps;
      const nowMs = clock.now();
      const poor = await createCustomer(store, { name: "Poor", currency: "usd", terms: { kind: "prepaid" }, nowMs });
      const { secret } = await createKey(store, { customer: poor.id, name: "k", pepper, nowMs });
      const asPoor = new OpenAI({ apiKey: secret.reveal(), baseURL: `${url}/v1`, maxRetries: 0 });
      await expect(asPoor.completions.create({ ...greedy })).rejects.toMatchObject({ status: 403 });
    });
  });
});
