import { describe, expect, it } from "vitest";
import type { MessageStream } from "../relay-stream.ts";
import type { Json } from "../usage.ts";
import { answerFromChat, streamFromChat } from "./answer.ts";
import { chatRequestOf } from "./request.ts";

describe("a request of responses as one of chat", () => {
  it.each<[string, Json, Json]>([
    ["a text", { input: "hi" }, { messages: [{ role: "user", content: "hi" }] }],
    [
      "instructions, roles, parts and a picture",
      {
        instructions: "be brief",
        input: [
          { role: "developer", content: "no emoji" },
          {
            role: "user",
            content: [
              { type: "input_text", text: "what is it?" },
              { type: "input_image", image_url: "https://x/y.png", detail: "low" },
            ],
          },
          {
            type: "message",
            role: "assistant",
            content: [
              { type: "output_text", text: "a " },
              { type: "output_text", text: "mill" },
            ],
          },
        ],
        max_output_tokens: 9,
        temperature: 0,
        store: false,
        metadata: { a: "b" },
      },
      {
        messages: [
          { role: "system", content: "be brief" },
          { role: "system", content: "no emoji" },
          {
            role: "user",
            content: [
              { type: "text", text: "what is it?" },
              { type: "image_url", image_url: { url: "https://x/y.png", detail: "low" } },
            ],
          },
          { role: "assistant", content: "a mill" },
        ],
        temperature: 0,
        max_tokens: 9,
      },
    ],
    [
      "functions, their calls and results; reasoning is left out",
      {
        input: [
          { role: "user", content: "weather?" },
          { type: "reasoning", id: "rs_1", summary: [] },
          { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
          { type: "function_call", call_id: "c2", name: "g", arguments: "{}" },
          { type: "function_call_output", call_id: "c1", output: "rain" },
        ],
        tools: [{ type: "function", name: "f", parameters: { type: "object" }, strict: true }],
        tool_choice: { type: "function", name: "f" },
        text: { format: { type: "json_schema", name: "n", schema: {}, strict: true } },
        reasoning: { effort: "low" },
      },
      {
        messages: [
          { role: "user", content: "weather?" },
          {
            role: "assistant",
            content: null,
            tool_calls: [
              { id: "c1", type: "function", function: { name: "f", arguments: "{}" } },
              { id: "c2", type: "function", function: { name: "g", arguments: "{}" } },
            ],
          },
          { role: "tool", tool_call_id: "c1", content: "rain" },
        ],
        tools: [{ type: "function", function: { name: "f", parameters: { type: "object" }, strict: true } }],
        tool_choice: { type: "function", function: { name: "f" } },
        response_format: { type: "json_schema", json_schema: { name: "n", schema: {}, strict: true } },
        reasoning_effort: "low",
      },
    ],
  ])("%s", (_story, request, chat) => expect(chatRequestOf(request)).toEqual(chat));
  it.each<[string, Json]>([
    ["a stored item", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["a file", { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] }],
    ["a tool of the vendor", { input: "x", tools: [{ type: "web_search" }] }],
    ["a choice of such a tool", { input: "x", tool_choice: { type: "mcp" } }],
  ])("%s is refused", (_story, request) =>
    expect(() => chatRequestOf(request)).toThrow(expect.objectContaining({ code: "invalid_request" }) as Error),
  );
});

const head = { id: "1", created: 7, model: "m" };
const usage = { prompt_tokens: 5, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } };
const call = { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } };

describe("an answer of chat as a response", () => {
  it("has text, calls, usage and its end", () => {
    const message = { role: "assistant", content: "well", tool_calls: [call] };
    expect(
      answerFromChat({ input: "x" }, { ...head, choices: [{ message, finish_reason: "tool_calls" }], usage }),
    ).toMatchObject({
      object: "response",
      created_at: 7,
      status: "completed",
      output: [
        { type: "message", content: [{ type: "output_text", text: "well" }] },
        { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
      ],
      usage: { input_tokens: 5, input_tokens_details: { cached_tokens: 3 }, output_tokens: 4, total_tokens: 9 },
    });
  });
  it("that was cut says so", () => {
    const choices = [{ message: { content: "w" }, finish_reason: "length" }];
    expect(answerFromChat({}, { ...head, choices })).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: null,
    });
  });
});

describe("a stream of chat as events of a response", () => {
  const chunks: Json[] = [
    { ...head, choices: [{ delta: { role: "assistant", content: "" } }] },
    { ...head, choices: [{ delta: { content: "we" } }] },
    { ...head, choices: [{ delta: { content: "ll" } }] },
    {
      ...head,
      choices: [{ delta: { tool_calls: [{ index: 0, id: "c1", function: { name: "f", arguments: '{"a"' } }] } }],
    },
    { ...head, choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] },
    { ...head, choices: [{ delta: {}, finish_reason: "tool_calls" }] },
    { ...head, choices: [], usage },
  ];
  it("opens, grows and closes each item, and ends with the whole", async () => {
    const left = [...chunks];
    const chat = { next: async () => left.shift(), abort: () => {}, heard: () => ({}) } as unknown as MessageStream;
    const events: Json[] = [];
    const stream = streamFromChat({ input: "x" }, chat);
    for (let event = await stream.next(); event; event = await stream.next()) events.push(event);
    expect(events.map(({ type }) => String(type).replace("response.", ""))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, i) => i));
    const message = { content: "well", tool_calls: [call] };
    const whole = answerFromChat(
      { input: "x" },
      { ...head, choices: [{ message, finish_reason: "tool_calls" }], usage },
    );
    expect(events.at(-1)?.["response"]).toEqual(whole);
  });
});
