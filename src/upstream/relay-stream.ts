import { limits } from "../kernel/limits.ts";
import type { Exchange } from "./exchange.ts";
import { type TokenEstimate, tokenEstimate } from "./estimate.ts";
import { TryFailed, type TryFailure } from "./failure.ts";
import type { UpstreamApi } from "./model.ts";
import { doneMark, protocols, readMessage } from "./protocol.ts";
import { EventTooLarge, type SseEvent, SseReader } from "./sse.ts";
import { type Json, type ToldUsage, toldUsage } from "./usage.ts";

/** What is known of an answer so far. */
export interface Heard {
  /** The last usage that said anything: usage in streams is cumulative, so it is never added up. */
  readonly told: ToldUsage | undefined;
  /** What was written, counted here. */
  readonly output: TokenEstimate;
  readonly finish: string | undefined;
}

/** The events of one streamed answer, each given out when it is whole. */
export interface MessageStream {
  /** The next message, or nothing after the last. Throws `TryFailed`, also when the stream ends before its answer. */
  next(): Promise<Json | undefined>;
  heard(): Heard;
  /** Closes the connection. Harmless after the end. */
  abort(): void;
}

export function messageStream(api: UpstreamApi, exchange: Exchange): MessageStream {
  const protocol = protocols[api];
  const reader = new SseReader(limits.upstreamEventCharsMax);
  const output = tokenEstimate();
  let waiting: SseEvent[] = [];
  let told: ToldUsage | undefined;
  let finish: string | undefined;
  let isRead = false;

  const fail = (failure: TryFailure): never => {
    exchange.abort();
    throw new TryFailed(failure);
  };
  const fill = async (): Promise<void> => {
    const chunk = await exchange.read();
    isRead = chunk === undefined;
    try {
      waiting = chunk ? reader.push(chunk) : reader.end();
    } catch (error) {
      if (!(error instanceof EventTooLarge)) throw error;
      fail({ kind: "too_much", reason: error.message });
    }
  };
  const hear = (message: Json): Json => {
    told = toldUsage(api, protocol.usage(message)) ?? told;
    finish = protocol.finish(message) ?? finish;
    for (const text of protocol.texts(message)) output.add(text);
    return message;
  };
  return {
    heard: () => ({ told, output, finish }),
    abort: () => exchange.abort(),
    async next() {
      for (;;) {
        const event = waiting.shift();
        if (event?.data === doneMark) {
          void drain(exchange);
          return undefined;
        }
        if (event) {
          const read = readMessage(event);
          return read.ok ? hear(read.message) : fail({ kind: "broken", reason: read.reason });
        }
        if (isRead) return finish === undefined ? fail({ kind: "broken", reason: "it ended early" }) : undefined;
        await fill();
      }
    },
  };
}

/** Reads to the end, so that the socket can be used again; what does not end is closed. */
async function drain(exchange: Exchange): Promise<void> {
  try {
    if (await exchange.read()) exchange.abort();
  } catch {
    // the answer was whole: how its connection ends is of no interest
  }
}
