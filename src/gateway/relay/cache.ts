import type { Clock } from "../../kernel/clock.ts";
import { canonicalJson, sha256 } from "../../kernel/hash.ts";
import { limits } from "../../kernel/limits.ts";
import type { KeptAnswer } from "../../serve/index.ts";
import type { Json, UpstreamApi } from "../../upstream/index.ts";

/** An answer that may be given again. */
export interface CachedAnswer {
  readonly said: KeptAnswer;
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly writtenTokens: number;
  readonly model: `upm_${string}`;
  readonly release: `rt_${string}`;
}

/** Answers of this process, the least recently used ones dropped first. */
export interface AnswerCache {
  get(key: string): CachedAnswer | undefined;
  put(key: string, answer: CachedAnswer, ttlMs: number): void;
}

/** One customer's request to one product at one door: never another customer's. */
export function cacheKey(scope: {
  readonly customer: string;
  readonly product: string;
  readonly api: UpstreamApi;
  readonly body: Json;
}): string {
  return sha256(canonicalJson(scope));
}

export function answerCache(clock: Clock): AnswerCache {
  const answers = new Map<
    string,
    { readonly answer: CachedAnswer; readonly bytes: number; readonly untilMs: number }
  >();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= answers.get(key)?.bytes ?? 0;
    answers.delete(key);
  };
  return {
    get(key) {
      const found = answers.get(key);
      if (!found) return undefined;
      if (clock.elapsed() >= found.untilMs) {
        drop(key);
        return undefined;
      }
      answers.delete(key); // to the end: used last
      answers.set(key, found);
      return found.answer;
    },
    put(key, answer, ttlMs) {
      const size = sizeOf(answer.said);
      if (size > limits.answerCacheBytesMax / 16) return;
      drop(key);
      answers.set(key, { answer, bytes: size, untilMs: clock.elapsed() + ttlMs });
      bytes += size;
      for (const oldest of answers.keys()) {
        if (bytes <= limits.answerCacheBytesMax) break;
        drop(oldest);
      }
    },
  };
}

const overhead = 500;

function sizeOf(said: KeptAnswer): number {
  const chars = said.kind === "answer" ? said.body.length : said.events.reduce((sum, event) => sum + event.length, 0);
  return 2 * chars + overhead;
}
