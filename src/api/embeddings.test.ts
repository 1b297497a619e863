import { createOpenAI } from "@ai-sdk/openai";
import { embedMany } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { publishEncoder, registerEncoder } from "../models/index.ts";
import { smallEncoder } from "../models/testing/small-encoder.ts";
import {
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
} from "../sell/index.ts";
import { deploy } from "../serve/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { evaluateModel } from "../train/index.ts";
import { type RelayWorld, openRelayWorld } from "./testing/relay-world.ts";
import { testPepper } from "./testing/server.ts";

const encoder = smallEncoder(["good", "bad", "fine", "awful"]);
/** A text costs 0.001, a token 0.000002. */
const priced = (texts: number, tokens: number): bigint => BigInt(texts) * 1_000_000n + BigInt(tokens) * 2_000n;
const perUnit = (perThousandNanos: bigint) => ({ kind: "per_unit", perThousandNanos, freeUnits: 0 }) as const;

describeEachEngine("/v1/embeddings of an own encoder", (stores) => {
  let world: RelayWorld;
  let client: OpenAI;
  let plan: Awaited<ReturnType<typeof createPlan>>;
  let before: bigint;
  beforeAll(async () => {
    world = await openRelayWorld(stores);
    client = new OpenAI({ apiKey: world.key, baseURL: `${world.url}/v1`, maxRetries: 0 });
    const { store, clock } = world.server.deps;
    const nowMs = clock.now();
    await registerEncoder(store, { name: "small", encoder, nowMs });
    const { id: model } = await publishEncoder(store, { encoder: "small", nowMs });
    await deploy(store, { endpoint: "meaning", model, role: "champion", nowMs });
    const product = await createProduct(store, { name: "meaning", endpoint: "meaning", nowMs });
    plan = await createPlan(store, {
      product: product.id,
      name: "Basic",
      currency: "usd",
      feeNanos: 0n,
      components: [
        { unit: "predictions", price: perUnit(1_000_000_000n) },
        { unit: "input_tokens", price: perUnit(2_000_000n) },
      ],
      nowMs,
    });
    const bought = { plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs };
    await createSubscription(store, { customer: world.customer, ...bought });
  });
  afterAll(() => world.close());
  beforeEach(async () => (before = await world.spent()));
  const cost = async (): Promise<bigint> => (await world.spent()) - before;

  it("one text: a vector of norm 1, metered and billed as one text and its tokens", async () => {
    const answer = await client.embeddings.create({ model: "meaning", input: "good and bad" });
    expect(answer).toMatchObject({ object: "list", model: "meaning", usage: { prompt_tokens: 3, total_tokens: 3 } });
    expect(answer.data).toMatchObject([{ object: "embedding", index: 0 }]);
    expect(answer.data[0]?.embedding).toHaveLength(encoder.width);
    expect(Math.hypot(...(answer.data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
    expect(await cost()).toBe(priced(1, 3));
    const { id } = answer as unknown as { id: string };
    expect(await client.get(`/predictions/${id}`)).toMatchObject({
      endpoint: "meaning",
      output: { vectors: 1, width: encoder.width, prompt_tokens: 3 },
    });
  });

  it("many texts, more than a batch: each in its place, the same as alone, as float and as base64", async () => {
    const words = ["good", "bad", "fine", "awful"];
    const input = Array.from({ length: 70 }, (_, i) => `${words[i % 4]} ${words[(i >> 2) % 4]}`);
    const asBase64 = await client.embeddings.create({ model: "meaning", input });
    const asFloat = await client.embeddings.create({ model: "meaning", input, encoding_format: "float" });
    expect(await cost()).toBe(2n * priced(70, 140));
    expect(asFloat.data.map(({ index }) => index)).toEqual(input.map((_, i) => i));
    expect(asFloat.data.map(({ embedding }) => embedding)).toEqual(
      asBase64.data.map(({ embedding }) => Array.from(embedding)),
    );
    const alone = await client.embeddings.create({ model: "meaning", input: input[9] ?? "", encoding_format: "float" });
    for (const [k, x] of (alone.data[0]?.embedding ?? []).entries()) {
      expect(asFloat.data[9]?.embedding[k]).toBeCloseTo(x, 6);
    }
    const { embeddings, usage } = await embedMany({
      model: createOpenAI({ apiKey: world.key, baseURL: `${world.url}/v1` }).embedding("meaning"),
      values: input,
      maxRetries: 0,
    });
    expect([embeddings.length, usage.tokens]).toEqual([70, 140]);
  });

  it("what is beyond the model's length is not read and not billed", async () => {
    const { usage } = await client.embeddings.create({
      model: "meaning",
      input: "good ".repeat(1_000),
      dimensions: 48,
    });
    expect(usage.prompt_tokens).toBe(encoder.lengthMax);
    expect(await cost()).toBe(priced(1, encoder.lengthMax));
  });

  it("the same Idempotency-Key gets the same vectors, computed and billed once", async () => {
    const ask = (input: unknown, encoding_format = "float") =>
      world.post("/v1/embeddings", { model: "meaning", input, encoding_format }, { "idempotency-key": "vectors" });
    const first = await (await ask(["good", "bad"])).json();
    const second = await ask(["good", "bad"]);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await second.json()).toEqual(first);
    expect((await ask(["good"])).status).toBe(409);
    expect(await cost()).toBe(priced(2, 2));
  });

  describe("what is refused costs nothing", () => {
    it.each<[story: string, body: object, status: number, param: string, says: RegExp]>([
      ["an empty text", { input: "" }, 400, "input", /input is empty/],
      ["an empty text among others", { input: ["good", ""] }, 400, "input", /Text 1 is empty/],
      ["no text", { input: [] }, 400, "input", /./],
      ["token ids", { input: [1, 2, 3] }, 400, "input", /tokenizer of its own/],
      ["lists of token ids", { input: [[1], [2]] }, 400, "input", /tokenizer of its own/],
      ["a NUL character", { input: "a\0b" }, 400, "input", /NUL/],
      ["too many texts", { input: Array(limits.embeddingTextsMax + 1).fill("a") }, 413, "input", /at most 2048/],
      ["too long a text", { input: "a".repeat(limits.embeddingTextCharsMax + 1) }, 413, "input", /at most 20000/],
      ["too much text", { input: Array(11).fill("a".repeat(20_000)) }, 413, "input", /at most 200000/],
      ["other dimensions", { input: "good", dimensions: 16 }, 400, "dimensions", /vectors have 48 numbers/],
      ["an unknown format", { input: "good", encoding_format: "int8" }, 400, "encoding_format", /./],
      ["a field that no own model knows", { input: "good", future: 1 }, 400, "", /future/],
    ])("%s", async (_story, body, status, param, says) => {
      const { inferences } = world.server.deps.serving.stats();
      const answer = await world.post("/v1/embeddings", { model: "meaning", ...body });
      const { error } = (await answer.json()) as { error: { param: string | null; message: string } };
      expect([answer.status, error.param ?? ""]).toEqual([status, param]);
      expect(error.message).toMatch(says);
      expect(world.server.deps.serving.stats().inferences).toBe(inferences);
      expect(await cost()).toBe(0n);
    });

    it("a wrong key, an endpoint that was not bought, other doors", async () => {
      const bad = { authorization: "Bearer mk_no" };
      expect((await world.post("/v1/embeddings", { model: "meaning", input: "x" }, bad)).status).toBe(401);
      expect((await world.post("/v1/embeddings", { model: "other", input: "x" })).status).toBe(403);
      const asked = {
        status: 400,
        message: expect.stringMatching(/gives vectors: ask it at \/v1\/embeddings/) as string,
      };
      await expect(client.post("/predictions", { body: { endpoint: "meaning", input: "x" } })).rejects.toMatchObject(
        asked,
      );
      const messages = [{ role: "user" as const, content: "x" }];
      const chat = {
        status: 400,
        message: expect.stringMatching(/does not write text: ask it at \/v1\/emb/) as string,
      };
      await expect(client.chat.completions.create({ model: "meaning", messages })).rejects.toMatchObject(chat);
      expect(await cost()).toBe(0n);
    });

    it("who cannot pay for the most there may be, before anything is computed", async () => {
      const { store, clock, serving } = world.server.deps;
      const nowMs = clock.now();
      const terms = { kind: "prepaid" } as const;
      const { id: customer } = await createCustomer(store, { name: "Poor", currency: "usd", terms, nowMs });
      await receivePayment(store, { customer, amountNanos: priced(2, 20), reference: "1", nowMs });
      await createSubscription(store, { customer, plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs });
      const { secret } = await createKey(store, { customer, name: "poor", pepper: testPepper, nowMs });
      const ask = (input: readonly string[]) =>
        world.post("/v1/embeddings", { model: "meaning", input }, { authorization: `Bearer ${secret.reveal()}` });
      const { inferences } = serving.stats();
      expect((await ask(["good", "good", "good"])).status).toBe(402);
      expect(serving.stats().inferences).toBe(inferences);
      expect((await ask(["good", "bad"])).status).toBe(200); // held 2 texts and 9 tokens, settled with 2
    });
  });

  it("is only ever a champion, and is not evaluated", async () => {
    const { store, clock } = world.server.deps;
    const { id: model } = await publishEncoder(store, { encoder: "small", nowMs: clock.now() });
    const beside = { endpoint: "meaning", model, role: "shadow", share: 1, nowMs: clock.now() } as const;
    await expect(deploy(store, beside)).rejects.toMatchObject({ code: "invalid_request" });
    const subject = { model, datasetVersion: newId("datasetVersion", clock.now()), split: "test" } as const;
    const judged = evaluateModel({ store, clock, threads: 1 }, subject);
    await expect(judged).rejects.toMatchObject({ code: "invalid_request", details: { param: "model" } });
  });

  it("the team lists encoders and publishes them", async () => {
    const { app, operator } = world.server;
    const asked = { headers: operator };
    const list = await app.inject({ method: "GET", url: "/admin/v1/encoders", ...asked });
    expect(list.json()).toMatchObject({ data: [{ object: "encoder", name: "small", width: 48, tokens_max: 32 }] });
    const publish = (name: string) =>
      app.inject({ method: "POST", url: `/admin/v1/encoders/${name}/publish`, ...asked });
    expect((await publish("small")).json()).toMatchObject({ object: "model", task: "text-embedding", test: null });
    expect((await publish("none")).statusCode).toBe(404);
  });
});
