import { createOpenAI } from "@ai-sdk/openai";
import { embed, generateText, streamText } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { registerRhymeModel } from "../models/testing/rhyme-model.ts";
import { deploy } from "../serve/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { upstreamSecret } from "../upstream/testing/fixture.ts";
import { chatAnswer, chatPieces } from "../upstream/testing/stub.ts";
import { type RelayWorld, openRelayWorld, priced, stubUsage } from "./testing/relay-world.ts";

/** The official clients, over a socket, as a customer's program uses them: they change their base URL and nothing else. */
describeEachEngine("the language doors", (stores) => {
  let world: RelayWorld;
  let client: OpenAI;
  let before: bigint;
  beforeAll(async () => {
    world = await openRelayWorld(stores);
    client = new OpenAI({ apiKey: world.key, baseURL: `${world.url}/v1`, maxRetries: 0 });
    const { store, clock } = world.server.deps;
    const { id: model } = await registerRhymeModel(store, clock.now());
    await deploy(store, { endpoint: "unrouted", model, role: "champion", nowMs: clock.now() });
  });
  afterAll(() => world.close());
  beforeEach(async () => (before = await world.spent()));
  const cost = async (): Promise<bigint> => (await world.spent()) - before;
  const messages = [{ role: "user" as const, content: "Say hello" }];
  const usualPrice = priced(4, 6, 4);

  describe("openai", () => {
    it("chat: answered under the prediction's id, metered and billed by its tokens", async () => {
      const answer = await client.chat.completions.create({ model: "chat", messages });
      expect(answer).toMatchObject({
        id: expect.stringMatching(/^pred_/) as string,
        model: "chat",
        choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 4 },
      });
      expect(await cost()).toBe(usualPrice);
      const recorded = await client.get(`/predictions/${answer.id}`);
      expect(recorded).toMatchObject({
        endpoint: "chat",
        output: { door: "chat", finish_reason: "stop", prompt_tokens: 10, cached_tokens: 6, estimated: false },
      });
    });

    it("chat: unknown fields, tools and formats pass as they are, both ways", async () => {
      const call = { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } };
      const choices = [
        { index: 0, message: { role: "assistant", content: null, tool_calls: [call] }, finish_reason: "tool_calls" },
      ];
      world.plan.push({
        kind: "json",
        body: { ...chatAnswer("", stubUsage), choices, future_field: [1, { x: null }] },
      });
      const sent = {
        model: "chat",
        messages,
        tools: [{ type: "function" as const, function: { name: "f", parameters: { type: "object" } } }],
        response_format: { type: "json_object" as const },
        some_new_field: { deep: [1, 2.5, null, "é"] },
      };
      const answer = await client.chat.completions.create(sent);
      expect(answer.choices).toEqual(choices);
      expect(answer).toMatchObject({ future_field: [1, { x: null }] });
      expect(world.stub.requests.at(-1)?.body).toEqual({ ...sent, model: "stub-model", stream: false });
    });

    it.each([
      ["with the usage it asked for", { include_usage: true }, [null, null, null, null, 4]],
      ["without the usage it did not ask for", undefined, [null, null, null, null]],
    ])("chat: streamed, %s", async (_story, options, usages) => {
      const asked = { model: "chat", messages, stream: true as const, ...(options ? { stream_options: options } : {}) };
      const chunks = [];
      for await (const chunk of await client.chat.completions.create(asked)) chunks.push(chunk);
      expect(chunks.map(({ usage }) => usage?.completion_tokens ?? null)).toEqual(usages);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello");
      expect(new Set(chunks.map(({ id, model }) => `${id.slice(0, 5)} ${model}`))).toEqual(new Set(["pred_ chat"]));
      expect("usage" in (chunks[0] ?? {})).toBe(options !== undefined);
      expect(await cost()).toBe(usualPrice);
    });

    it("chat: an upstream that does not count is counted here, and marked", async () => {
      world.plan.push({ kind: "stream", pieces: chatPieces(["four words, twelve tokens or so"]) });
      const asked = { model: "chat", messages, stream: true as const, stream_options: { include_usage: true } };
      const chunks = [];
      for await (const chunk of await client.chat.completions.create(asked)) chunks.push(chunk);
      const usage = chunks.at(-1)?.usage;
      expect(usage?.completion_tokens).toBe(8);
      expect(await cost()).toBe(priced(usage?.prompt_tokens ?? 0, 0, 8));
      expect(await client.get(`/predictions/${chunks[0]?.id}`)).toMatchObject({ output: { estimated: true } });
    });

    it.each(["native", "chat"])("responses: at %s, whole and streamed", async (model) => {
      const whole = await client.responses.create({ model, input: "Say hello" });
      expect(whole).toMatchObject({
        id: expect.stringMatching(/^pred_/) as string,
        model,
        output_text: "Hello",
        status: "completed",
      });
      expect(whole.usage).toMatchObject({
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 6 },
        output_tokens: 4,
      });
      expect(await cost()).toBe(usualPrice);
      const stream = client.responses.stream({ model, input: "Say hello" });
      const deltas: string[] = [];
      stream.on("response.output_text.delta", ({ delta }) => deltas.push(delta));
      const final = await stream.finalResponse();
      expect(deltas).toEqual(["Hel", "lo"]);
      expect(final).toMatchObject({ model, output_text: "Hello" });
      expect(await cost()).toBe(2n * usualPrice);
      expect(world.stub.requests.at(-1)?.body["store"]).toBe(model === "native" ? false : undefined);
    });

    it("completions, embeddings and models", async () => {
      const text = await client.completions.create({ model: "chat", prompt: "Once", max_tokens: 9 });
      expect(text.choices[0]?.text).toBe(" upon a time");
      expect(await cost()).toBe(usualPrice);
      const vectors = await client.embeddings.create({ model: "chat", input: "x", encoding_format: "float" });
      expect(vectors.data[0]?.embedding).toEqual([0.25, -0.5]);
      expect(await cost()).toBe(usualPrice + priced(10, 0, 0));
      const models = await client.models.list();
      expect(models.data.map(({ id }) => id)).toEqual(["chat", "native", "unrouted"]);
      expect(await client.models.retrieve("chat")).toMatchObject({ id: "chat", object: "model" });
      await expect(client.models.retrieve("other")).rejects.toMatchObject({ status: 404 });
    });

    it("an own language model chats too, as far as it can", async () => {
      const asked = { model: "unrouted", messages, temperature: 0, max_tokens: 6 };
      const answer = await client.chat.completions.create(asked);
      expect(answer).toMatchObject({ object: "chat.completion", model: "unrouted", usage: { completion_tokens: 6 } });
      const said = answer.choices[0]?.message.content ?? "";
      let streamed = "";
      for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
        streamed += chunk.choices[0]?.delta.content ?? "";
      expect(streamed).toBe(said);
      const own = { model: "unrouted", input: "Say hello", temperature: 0, max_output_tokens: 6 };
      expect(await client.responses.create(own)).toMatchObject({ object: "response", output_text: said });
      expect((await client.responses.stream(own).finalResponse()).output_text).toBe(said);
      const tools = [{ type: "function" as const, function: { name: "f" } }];
      await expect(client.chat.completions.create({ ...asked, tools })).rejects.toMatchObject({
        status: 400,
        param: "tools",
      });
      await expect(client.embeddings.create({ model: "unrouted", input: "x" })).rejects.toMatchObject({ status: 400 });
    });
  });

  describe("the AI SDK", () => {
    const provider = () => createOpenAI({ apiKey: world.key, baseURL: `${world.url}/v1` });
    it.each(["chat", "native"])("generateText and streamText call /v1/responses: %s", async (model) => {
      const { text, usage } = await generateText({ model: provider()(model), prompt: "Say hello", maxRetries: 0 });
      expect([text, usage.inputTokens, usage.outputTokens]).toEqual(["Hello", 10, 4]);
      const stream = streamText({ model: provider()(model), prompt: "Say hello", maxRetries: 0 });
      expect(await stream.text).toBe("Hello");
      expect((await stream.usage).outputTokens).toBe(4);
      expect(await cost()).toBe(2n * usualPrice);
    });
    it("calls functions through responses that are made from chat", async () => {
      const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } };
      const choices = [
        { index: 0, message: { role: "assistant", content: null, tool_calls: [call] }, finish_reason: "tool_calls" },
      ];
      world.plan.push({ kind: "json", body: { ...chatAnswer("", stubUsage), choices } });
      const weather = { description: "weather", inputSchema: z.object({ city: z.string() }) };
      const { toolCalls } = await generateText({
        model: provider()("chat"),
        prompt: "Rain?",
        tools: { weather },
        maxRetries: 0,
      });
      expect(toolCalls).toMatchObject([{ toolName: "weather", input: { city: "Ulm" }, toolCallId: "c1" }]);
    });
    it("chat and embed", async () => {
      const { text } = await generateText({ model: provider().chat("chat"), prompt: "Say hello", maxRetries: 0 });
      expect(text).toBe("Hello");
      const { embedding, usage } = await embed({ model: provider().embedding("chat"), value: "x", maxRetries: 0 });
      expect([embedding, usage.tokens]).toEqual([[0.25, -0.5], 10]);
    });
  });

  describe("when the upstream does not answer, nothing is billed", () => {
    const failing = (status: number, headers = {}) =>
      ({
        kind: "json",
        status,
        headers,
        body: { error: { message: `said ${upstreamSecret}`, param: "messages" } },
      }) as const;
    it.each([
      ["a wrong request", failing(400), 400, "invalid_request"],
      ["too large a request", failing(413), 413, "too_large"],
      ["its limit", failing(429, { "retry-after": "7" }), 429, "rate_limited"],
      ["our key refused", failing(401), 502, "upstream_failed"],
      ["its own failure", failing(500), 502, "upstream_failed"],
      ["its own time-out", failing(504), 504, "upstream_timeout"],
      ["a dead connection", { kind: "die" } as const, 502, "upstream_failed"],
    ])("%s", async (_story, behaviour, status, code) => {
      for (const stream of [false, true]) {
        world.plan.push(behaviour);
        const answer = await world.post("/v1/chat/completions", { model: "chat", messages, stream });
        const text = await answer.text();
        expect([answer.status, JSON.parse(text)]).toMatchObject([status, { error: { code } }]);
        expect(answer.headers.get("retry-after")).toBe(status === 429 ? "7" : null);
        expect(text).not.toContain(upstreamSecret);
      }
      expect(await cost()).toBe(0n);
    });
  });

  describe("what may not pass", () => {
    it.each<[path: string, body: object, param: string]>([
      ["chat/completions", { messages, store: true }, "store"],
      ["chat/completions", { messages, n: 9 }, "n"],
      ["chat/completions", { messages, service_tier: "priority" }, "service_tier"],
      ["chat/completions", { messages, modalities: ["text", "audio"] }, "modalities"],
      ["chat/completions", { messages, tools: [{ type: "web_search" }] }, "tools"],
      [
        "chat/completions",
        { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "f" } }] }] },
        "messages",
      ],
      ["chat/completions", { messages: [] }, "messages"],
      ["chat/completions", { messages: "hi" }, "messages"],
      ["responses", { input: "x", previous_response_id: "resp_of_another" }, "previous_response_id"],
      ["responses", { input: "x", conversation: "conv" }, "conversation"],
      ["responses", { input: "x", background: true }, "background"],
      ["responses", { input: "x", store: true }, "store"],
      ["responses", { input: "x", tools: [{ type: "file_search", vector_store_ids: ["v"] }] }, "tools"],
      ["responses", { input: [{ type: "item_reference", id: "msg_of_another" }] }, "input"],
    ])("/v1/%s %j", async (path, body, param) => {
      const asked = world.stub.requests.length;
      const answer = await world.post(`/v1/${path}`, { model: "chat", ...body });
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "invalid_request", param } }]);
      expect(world.stub.requests).toHaveLength(asked);
    });
    it("an endpoint that was not bought, a wrong key", async () => {
      const stranger = await world.post(
        "/v1/chat/completions",
        { model: "chat", messages },
        { authorization: "Bearer mk_no" },
      );
      expect(stranger.status).toBe(401);
      expect((await world.post("/v1/chat/completions", { model: "other", messages })).status).toBe(403);
      expect((await world.post("/v1/chat/completions", { model: "nul\0", messages })).status).toBe(400);
      expect(await cost()).toBe(0n);
    });
    it("words about file ids in a text, or in a function's schema, do pass", async () => {
      const tools = [{ type: "function", function: { name: "f", parameters: { properties: { file_id: {} } } } }];
      const text = [{ role: "user", content: '{"file_id":1, "type":"item_reference"}' }];
      expect((await world.post("/v1/chat/completions", { model: "chat", messages: text, tools })).status).toBe(200);
    });
  });

  it("the same Idempotency-Key gets the same answer, asked and billed once", async () => {
    const asked = world.stub.requests.length;
    for (const stream of [false, true]) {
      const once = { "idempotency-key": `k-${stream}` };
      const body = { model: "chat", messages, stream };
      const first = await (await world.post("/v1/chat/completions", body, once)).text();
      const second = await world.post("/v1/chat/completions", { stream, messages, model: "chat" }, once);
      expect(await second.text()).toBe(first);
      const other = await world.post("/v1/chat/completions", { ...body, temperature: 1 }, once);
      expect([other.status, await other.json()]).toMatchObject([409, { error: { code: "idempotency_mismatch" } }]);
    }
    expect(world.stub.requests).toHaveLength(asked + 2);
    expect(await cost()).toBe(2n * usualPrice);
  });
});
