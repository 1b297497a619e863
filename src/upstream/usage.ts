import { limits } from "../kernel/limits.ts";
import type { UpstreamApi } from "./model.ts";

/** Tokens of one answer. Cached ones are not among the input tokens. */
export interface TokenCounts {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** How an API writes what it used: the names of its fields. */
interface UsageFields {
  readonly input: string;
  /** Of the input, what was read from a cache: an object and its field, and other vendors' plain field. */
  readonly details: string;
  /** Null where nothing is written. */
  readonly output: string | null;
}

const chat: UsageFields = { input: "prompt_tokens", details: "prompt_tokens_details", output: "completion_tokens" };
const fields: { readonly [A in UpstreamApi]: UsageFields } = {
  chat,
  completions: chat,
  embeddings: { ...chat, output: null },
  responses: { input: "input_tokens", details: "input_tokens_details", output: "output_tokens" },
};

/** What an upstream said, as far as it said it. */
export interface ToldUsage {
  readonly input: number | undefined;
  readonly cached: number | undefined;
  readonly output: number | undefined;
}

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A `usage` object, or nothing when it holds no count: `0` is a count, `null` is not. */
export function toldUsage(api: UpstreamApi, usage: unknown): ToldUsage | undefined {
  if (!isObject(usage)) return undefined;
  const { input, details, output } = fields[api];
  const parts = usage[details];
  const told = {
    input: count(usage[input]),
    cached: count(isObject(parts) ? parts["cached_tokens"] : undefined) ?? count(usage["prompt_cache_hit_tokens"]),
    output: output === null ? 0 : count(usage[output]),
  };
  return told.input === undefined && (told.output === undefined || output === null) ? undefined : told;
}

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= limits.upstreamTokensMax
    ? value
    : undefined;

/** The counts of an answer, and whether any of them was counted here because the upstream did not say. */
export interface MeteredTokens extends TokenCounts {
  readonly estimated: boolean;
}

/** What was counted here, from the texts. */
export interface LocalCount {
  readonly input: number;
  readonly output: number;
}

/**
 * What is billed: the upstream's own counts; in their place, where it gave none, ours. A stream that was cut (by either
 * side) may have told its counts long before: then what was delivered counts if that is more.
 */
export function meterTokens(told: ToldUsage | undefined, local: LocalCount, isWhole: boolean): MeteredTokens {
  const input = told?.input ?? Math.min(local.input, limits.upstreamTokensMax);
  const cached = Math.min(told?.cached ?? 0, input);
  const toldOutput = told?.output;
  const localOutput = Math.min(local.output, limits.upstreamTokensMax);
  const output = toldOutput === undefined || (!isWhole && localOutput > toldOutput) ? localOutput : toldOutput;
  return {
    inputTokens: input - cached,
    cachedInputTokens: cached,
    outputTokens: output,
    estimated: told?.input === undefined || output !== toldOutput,
  };
}
