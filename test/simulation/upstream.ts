import { newId } from "../../src/kernel/ids.ts";
import type { Random } from "../../src/kernel/random.ts";
import type { Scheduler } from "../../src/store/testing/scheduler.ts";
import type { Exchange } from "../../src/upstream/exchange.ts";
import { type LiveRoute, type Upstreams, TryFailed, defaultPolicy, refusalOf } from "../../src/upstream/index.ts";
import { messageStream } from "../../src/upstream/relay-stream.ts";

export const chatEndpoint = "chat";
/** The most tokens an answer has, which is what a request reserves. */
export const answerTokensMax = 12;

/** The route behind the language door: one target, whose price is known. */
export function simulatedRoute(nowMs: number): LiveRoute {
  const model = newId("upstreamModel", nowMs);
  const upstream = newId("upstream", nowMs);
  return {
    id: newId("upstreamRoute", nowMs),
    endpoint: chatEndpoint,
    policy: defaultPolicy,
    targets: [
      {
        upstream: { id: upstream, name: "far", baseUrl: "http://far.test", allowPrivate: false, secret: undefined },
        model: {
          id: model,
          upstream,
          name: "small",
          apis: ["chat"],
          contextTokensMax: 1_000,
          outputTokensMax: answerTokensMax,
          createdAtMs: nowMs,
        },
        cards: [
          {
            id: newId("upstreamRateCard", nowMs),
            model,
            currency: "usd",
            effectiveAtMs: nowMs,
            createdAtMs: nowMs,
            inputMillionNanos: 0n,
            cachedInputMillionNanos: 0n,
            outputMillionNanos: 1_000_000_000n,
            requestNanos: 0n,
            secondNanos: 0n,
          },
        ],
        priority: 0,
        weight: 1,
      },
    ],
  };
}

const word = "mill"; // four letters of ASCII: one token by our own count

/** An upstream that answers in one piece or in a stream, refuses now and then, and dies now and then while it answers. */
export function simulatedUpstreams(life: number, scheduler: Scheduler, route: LiveRoute, random: Random): Upstreams {
  const [target] = route.targets;
  const [card] = target?.cards ?? [];
  if (!target || !card) throw new Error("the route has a target with a price");
  const unsupported = (): never => {
    throw new Error("a simulated upstream only answers");
  };
  return {
    route: (endpoint) => (endpoint === route.endpoint ? route : undefined),
    async forward({ stream, signal }) {
      const tokens = 1 + random.below(answerTokensMax);
      const how = random.below(100);
      await scheduler.call(life, "upstream", () => {
        if (how < 3) throw refusalOf({ kind: "broken", reason: "simulated" });
      });
      if (signal?.aborted) throw refusalOf({ kind: "cancelled" });
      const reached = { target, card, elapsedMs: () => 1 };
      if (!stream) {
        const message = wholeAnswer(tokens);
        const told = { input: 3, cached: 0, output: tokens };
        return { ...reached, kind: "answer", message, told, localOutput: () => tokens, finish: "stop" };
      }
      const rest = messageStream(
        "chat",
        simulatedExchange(life, scheduler, { tokens, dies: how < 13, random, signal }),
      );
      try {
        const first = await rest.next();
        if (first) return { ...reached, kind: "stream", first, rest };
      } catch (error) {
        if (error instanceof TryFailed) throw refusalOf(error.failure);
        throw error;
      }
      throw refusalOf({ kind: "broken", reason: "a stream without events" });
    },
    forget: () => {},
    warm: async () => {},
    breaker: unsupported,
    close: async () => {},
  };
}

const usageOf = (tokens: number) => ({ prompt_tokens: 3, completion_tokens: tokens, total_tokens: 3 + tokens });

function wholeAnswer(tokens: number) {
  const message = { role: "assistant", content: word.repeat(tokens) };
  return { id: "x", choices: [{ index: 0, message, finish_reason: "stop" }], usage: usageOf(tokens) };
}

function streamText(tokens: number): string {
  const event = (data: object): string => `data: ${JSON.stringify({ id: "x", ...data })}\n\n`;
  const words = Array.from({ length: tokens }, () =>
    event({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] }),
  );
  const end = event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  return [...words, end, event({ choices: [], usage: usageOf(tokens) }), "data: [DONE]\n\n"].join("");
}

interface Streaming {
  readonly tokens: number;
  /** Somewhere before its end. */
  readonly dies: boolean;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

/** Bytes in pieces of any size, each when the scheduler says so. */
function simulatedExchange(life: number, scheduler: Scheduler, streaming: Streaming): Exchange {
  const { tokens, dies, random, signal } = streaming;
  const bytes = Buffer.from(streamText(tokens));
  const until = dies ? random.below(bytes.length - 120) : bytes.length;
  let at = 0;
  let isOver = false;
  return {
    status: 200,
    headers: {},
    read: () =>
      scheduler.call(life, "upstream's bytes", () => {
        if (isOver || signal?.aborted) throw new TryFailed({ kind: "cancelled" });
        if (at >= until) {
          if (dies) throw new TryFailed({ kind: "broken", reason: "simulated" });
          return undefined;
        }
        const piece = bytes.subarray(at, Math.min(until, at + 1 + random.below(300)));
        at += piece.length;
        return piece;
      }),
    text: () => Promise.reject(new Error("a stream is read in pieces")),
    abort: () => void (isOver = true),
  };
}
