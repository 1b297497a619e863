import type { UpstreamApi } from "../model.ts";
import type { ToldUsage } from "../usage.ts";

/** Streams as upstreams of several kinds send them, with what must be read from them. */
export interface Recording {
  readonly story: string;
  readonly api: UpstreamApi;
  readonly text: string;
  /** What the model wrote, joined. */
  readonly written: string;
  readonly messages: number;
  readonly told: ToldUsage | undefined;
  readonly finish: string | undefined;
}

const chunk = (facts: object): string =>
  JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_760_000_000, model: "m", ...facts });
const delta = (content: string, more: object = {}): string =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });
const finish = (reason: string, more: object = {}): string =>
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }], ...more });
const lines = (events: readonly string[], end = "\n"): string =>
  events.map((data) => `data: ${data}${end}${end}`).join("");
const usage = (input: unknown, output: unknown, cached?: unknown): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
});

export const recordings: readonly Recording[] = [
  {
    story: "usage in a last chunk without choices",
    api: "chat",
    text: lines([
      delta("Hello", { usage: null }),
      delta(", world", { usage: null }),
      finish("stop", { usage: null }),
      chunk({ choices: [], usage: usage(9, 3, 4) }),
      "[DONE]",
    ]),
    written: "Hello, world",
    messages: 4,
    told: { input: 9, cached: 4, output: 3 },
    finish: "stop",
  },
  {
    story: "usage in every chunk, growing: never added up",
    api: "chat",
    text: lines([
      delta("a", { usage: usage(5, 1) }),
      delta("b", { usage: usage(5, 2) }),
      finish("stop", { usage: usage(5, 3) }),
      "[DONE]",
    ]),
    written: "ab",
    messages: 3,
    told: { input: 5, cached: undefined, output: 3 },
    finish: "stop",
  },
  {
    story: "usage told once, then null and empty: the last that says something counts",
    api: "chat",
    text: lines([
      delta("x", { usage: usage(7, 1, 0) }),
      delta("y", { usage: null }),
      finish("stop", { usage: {} }),
      "[DONE]",
    ]),
    written: "xy",
    messages: 3,
    told: { input: 7, cached: 0, output: 1 },
    finish: "stop",
  },
  {
    story: "usage with the finish and an empty id; zero is a count",
    api: "chat",
    text: lines([delta("", { id: "" }), finish("length", { id: "", usage: usage(4, 0) }), "[DONE]"]),
    written: "",
    messages: 2,
    told: { input: 4, cached: undefined, output: 0 },
    finish: "length",
  },
  {
    story: "usage never told",
    api: "chat",
    text: lines([delta("one "), delta("two"), finish("stop"), "[DONE]"]),
    written: "one two",
    messages: 3,
    told: undefined,
    finish: "stop",
  },
  {
    story: "CRLF, a byte order mark, comments that keep alive, other fields, and data in two lines",
    api: "chat",
    text: `\ufeff: hello\r\n\r\nid: 1\r\nretry: 10\r\ndata: ${delta("a")}\r\n\r\n: keep-alive\r\n\r\ndata:${finish(
      "stop",
    ).replace(',"choices"', '\r\ndata: ,"choices"')}\r\n\r\ndata: [DONE]\r\n\r\n`,
    written: "a",
    messages: 2,
    told: undefined,
    finish: "stop",
  },
  {
    story: "carriage returns alone end lines too",
    api: "chat",
    text: lines([delta("r"), finish("stop"), "[DONE]"], "\r"),
    written: "r",
    messages: 2,
    told: undefined,
    finish: "stop",
  },
  {
    story: "characters of two, three and four bytes",
    api: "chat",
    text: lines([delta("é水車"), delta("🏭ñ"), finish("stop", { usage: usage(3, 6) }), "[DONE]"]),
    written: "é水車🏭ñ",
    messages: 3,
    told: { input: 3, cached: undefined, output: 6 },
    finish: "stop",
  },
  {
    story: "no [DONE], and no empty line after the last event",
    api: "chat",
    text: lines([delta("z"), finish("stop")]).replace(/\n$/, ""),
    written: "z",
    messages: 2,
    told: undefined,
    finish: "stop",
  },
  {
    story: "a function called in pieces",
    api: "chat",
    text: lines([
      chunk({ choices: [{ delta: { tool_calls: [{ index: 0, id: "c1", function: { name: "f", arguments: "" } }] } }] }),
      chunk({ choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] } }] }),
      chunk({ choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] }),
      finish("tool_calls", { usage: usage(20, 8) }),
      "[DONE]",
    ]),
    written: 'f{"a":1}',
    messages: 4,
    told: { input: 20, cached: undefined, output: 8 },
    finish: "tool_calls",
  },
  {
    story: "another vendor's word for cached tokens",
    api: "chat",
    text: lines([
      delta("k"),
      finish("stop", { usage: { prompt_tokens: 10, completion_tokens: 1, prompt_cache_hit_tokens: 6 } }),
      "[DONE]",
    ]),
    written: "k",
    messages: 2,
    told: { input: 10, cached: 6, output: 1 },
    finish: "stop",
  },
  {
    story: "a plain completion",
    api: "completions",
    text: lines([
      JSON.stringify({ object: "text_completion", choices: [{ text: "Once", index: 0, finish_reason: null }] }),
      JSON.stringify({ object: "text_completion", choices: [{ text: " more", index: 0, finish_reason: "stop" }] }),
      JSON.stringify({ object: "text_completion", choices: [], usage: usage(2, 2) }),
      "[DONE]",
    ]),
    written: "Once more",
    messages: 3,
    told: { input: 2, cached: undefined, output: 2 },
    finish: "stop",
  },
  {
    story: "a response with named events",
    api: "responses",
    text: [
      { type: "response.created", response: { id: "resp_1", object: "response", error: null, usage: null } },
      { type: "response.output_text.delta", item_id: "msg_1", delta: "Guten " },
      { type: "response.output_text.delta", item_id: "msg_1", delta: "Tag" },
      {
        type: "response.completed",
        response: {
          id: "resp_1",
          object: "response",
          error: null,
          usage: { input_tokens: 11, input_tokens_details: { cached_tokens: 8 }, output_tokens: 2 },
        },
      },
    ]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(""),
    written: "Guten Tag",
    messages: 4,
    told: { input: 11, cached: 8, output: 2 },
    finish: "completed",
  },
];
