import { describe, expect, it } from "vitest";
import { limits } from "../kernel/limits.ts";
import type { Answer, InvalidInput } from "../models/index.ts";
import { type BatchResult, createBatcher } from "./batcher.ts";
import { embedTexts } from "./embed.ts";

/** A text's vector is its length; what was run, batch by batch. */
function models({ onBatch = () => {} }: { readonly onBatch?: (count: number) => void } = {}) {
  const ran: (readonly string[])[] = [];
  const run = async (texts: readonly string[]): Promise<BatchResult<Answer | InvalidInput>> => {
    ran.push(texts);
    onBatch(ran.length);
    const answers = texts.map((text) =>
      text === "unreadable" ? { invalid: "It cannot be read." } : { vector: Float32Array.of(text.length), tokens: 2 },
    );
    return { answers, computeMs: texts.length };
  };
  const batcher = createBatcher({ run, batchMax: limits.inferenceBatchMax, queueMax: 100 });
  return { ran, batcher };
}

const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => "x".repeat(i + 1));

describe("vectors of texts", () => {
  it("come in their order, with the sums of tokens and time, a batch at a time", async () => {
    const { ran, batcher } = models();
    const { vectors, tokens, computeMs } = await embedTexts(batcher, texts(70));
    expect(vectors.map(([x]) => x)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
    expect([tokens, Math.round(computeMs)]).toEqual([140, 70]);
    expect(Math.max(...ran.map(({ length }) => length))).toBeLessThanOrEqual(limits.inferenceBatchMax);
  });

  it("let others in between", async () => {
    const { ran, batcher } = models();
    const many = embedTexts(batcher, texts(96));
    const other = embedTexts(batcher, ["other"]);
    await Promise.all([many, other]);
    const at = ran.findIndex((batch) => batch.includes("other"));
    expect(at).toBeGreaterThanOrEqual(0);
    expect(at).toBeLessThan(ran.length - 1);
  });

  it("are refused together when one text is, and what has not begun is not computed", async () => {
    const { ran, batcher } = models();
    const asked = embedTexts(batcher, [...texts(10), "unreadable", ...texts(90)]);
    await expect(asked).rejects.toMatchObject({ code: "invalid_request", details: { param: "input" } });
    expect(ran.flat().length).toBeLessThanOrEqual(limits.inferenceBatchMax);
  });

  it("are computed no further when the caller leaves", async () => {
    const left = new AbortController();
    const { ran, batcher } = models({ onBatch: (count) => count === 2 && left.abort() });
    await expect(embedTexts(batcher, texts(96), { signal: left.signal })).rejects.toMatchObject({ code: "cancelled" });
    expect(ran).toHaveLength(2);
  });

  it("of a queue that is full are refused, and those that waited for it are taken out", async () => {
    let free: () => void = () => {};
    const busy = new Promise<void>((resolve) => (free = resolve));
    const ran: string[] = [];
    const run = async (some: readonly string[]): Promise<BatchResult<Answer | InvalidInput>> => {
      await busy;
      ran.push(...some);
      return { answers: some.map(() => ({ vector: Float32Array.of(1), tokens: 1 })), computeMs: 1 };
    };
    const batcher = createBatcher({ run, batchMax: 1, queueMax: 2 });
    const first = batcher.submit("first");
    const asked = embedTexts(batcher, ["a", "b", "c"]);
    await expect(asked).rejects.toMatchObject({ code: "unavailable" });
    free();
    await first;
    await new Promise<void>((resolve) => void setImmediate(resolve)); // their turn has come, and they are gone
    await batcher.submit("last");
    expect(ran).toEqual(["first", "last"]);
  });
});
