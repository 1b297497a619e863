import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Exchange } from "./exchange.ts";
import { TryFailed } from "./failure.ts";
import { protocols } from "./protocol.ts";
import { messageStream } from "./relay-stream.ts";
import { EventTooLarge, SseReader } from "./sse.ts";
import { recordings } from "./testing/recordings.ts";
import { meterTokens, toldUsage } from "./usage.ts";

/** Bytes that are here already, as an answer whose body is still to be read. */
function exchangeOf(chunks: readonly Uint8Array[]): Exchange {
  const left = [...chunks];
  return { status: 200, headers: {}, read: async () => left.shift(), text: async () => "", abort: () => {} };
}

async function readAll(api: (typeof recordings)[number]["api"], chunks: readonly Uint8Array[]) {
  const stream = messageStream(api, exchangeOf(chunks));
  const written: string[] = [];
  let messages = 0;
  for (let message = await stream.next(); message; message = await stream.next()) {
    messages++;
    written.push(...protocols[api].texts(message));
  }
  const { told, finish } = stream.heard();
  return { written: written.join(""), messages, told, finish };
}

describe("recorded streams", () => {
  it.each(recordings)("$story: the same at every split", async ({ api, text, written, messages, told, finish }) => {
    const bytes = Buffer.from(text);
    const expected = { written, messages, told, finish };
    expect(await readAll(api, [bytes])).toEqual(expected);
    const wrong: number[] = [];
    for (let at = 1; at < bytes.length; at++) {
      const read = await readAll(api, [bytes.subarray(0, at), bytes.subarray(at)]);
      if (!isDeepStrictEqual(read, expected)) wrong.push(at);
    }
    expect(wrong).toEqual([]);
    expect(
      await readAll(
        api,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(expected);
  });
});

describe("broken streams", () => {
  const delta = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';
  it.each([
    ["ends before its answer does", delta, "ended early"],
    ["ends within an event", `${delta}data: {"choi`, "not JSON"],
    ["has an event that is no JSON", `${delta}data: hello\n\n`, "not JSON"],
    ["has an event that is no object", `${delta}data: [1]\n\n`, "not an object"],
    ["has an error in the middle", `${delta}data: {"error":{"message":"out of memory"}}\n\n`, "error event"],
    ["has an error that is named", `${delta}event: error\ndata: {"message":"x"}\n\n`, "error event"],
    ["is empty", "", "ended early"],
  ])("one that %s fails", async (_story, text, reason) => {
    const failed = await readAll("chat", [Buffer.from(text)]).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TryFailed);
    expect((failed as TryFailed).failure).toEqual({
      kind: "broken",
      reason: expect.stringContaining(reason) as string,
    });
  });
});

describe("one event", () => {
  it("is bounded while its line grows, and over its lines", () => {
    const growing = new SseReader(100);
    growing.push(Buffer.from("data: "));
    expect(() => {
      for (let i = 0; i < 20; i++) growing.push(Buffer.from("xxxxxxxxxx"));
    }).toThrow(EventTooLarge);
    expect(() => new SseReader(100).push(Buffer.from(`data: ${"y".repeat(60)}\n`.repeat(2)))).toThrow(EventTooLarge);
    expect(new SseReader(100).push(Buffer.from(`data: ${"y".repeat(60)}\n\n`.repeat(3)))).toHaveLength(3);
  });
  it("is passed over when it has no data", () => {
    expect(new SseReader(100).push(Buffer.from("event: ping\n\n: c\n\ndata\n\ndata: 1\n\n"))).toEqual([
      { event: null, data: "" },
      { event: null, data: "1" },
    ]);
  });
});

describe("tokens that are billed", () => {
  const local = { input: 100, output: 40 };
  it.each([
    ["the upstream's own", { input: 10, cached: 4, output: 5 }, true, [6, 4, 5, false]],
    ["zero as well", { input: 10, cached: 0, output: 0 }, true, [10, 0, 0, false]],
    ["ours when it says nothing", undefined, true, [100, 0, 40, true]],
    ["ours for the part it leaves out", { input: 10, cached: undefined, output: undefined }, true, [10, 0, 40, true]],
    ["never more cached than were sent", { input: 10, cached: 12, output: 5 }, true, [0, 10, 5, false]],
    ["what was delivered when a cut stream told less", { input: 10, cached: 0, output: 1 }, false, [10, 0, 40, true]],
    ["what a cut stream told when that is more", { input: 10, cached: 0, output: 44 }, false, [10, 0, 44, false]],
  ] as const)("%s", (_story, told, isWhole, [inputTokens, cachedInputTokens, outputTokens, estimated]) => {
    const expected = { inputTokens, cachedInputTokens, outputTokens, estimated };
    expect(meterTokens(told, local, isWhole)).toEqual(expected);
  });
  it.each([
    null,
    {},
    [],
    "9",
    { prompt_tokens: null },
    { prompt_tokens: -1, completion_tokens: 1.5 },
    { prompt_tokens: 1e12 },
  ])("%j says nothing", (usage) => expect(toldUsage("chat", usage)).toBeUndefined());
  it("of embeddings are input alone", () => {
    expect(toldUsage("embeddings", { prompt_tokens: 8, total_tokens: 8 })).toEqual({
      input: 8,
      cached: undefined,
      output: 0,
    });
  });
});
