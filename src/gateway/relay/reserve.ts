import { limits } from "../../kernel/limits.ts";
import type { Quantities } from "../../sell/index.ts";
import {
  type Json,
  type LiveRoute,
  type MeteredTokens,
  type UpstreamApi,
  inputTokensMost,
} from "../../upstream/index.ts";

const whole = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;

/** The most a request may use: every byte a token, and as much written as it asks for or the largest model can. */
export function reserveFor(route: LiveRoute, api: UpstreamApi, body: Json): Quantities {
  const most = (of: "contextTokensMax" | "outputTokensMax"): number =>
    Math.max(0, ...route.targets.map(({ model }) => model[of]));
  const input = Math.min(inputTokensMost(body), most("contextTokensMax"));
  if (api === "embeddings") return { requests: 1, input_tokens: inputTokensMost(body) };
  const asked = whole(body["max_completion_tokens"]) ?? whole(body["max_tokens"]) ?? whole(body["max_output_tokens"]);
  const answers = Math.max(whole(body["n"]) ?? 1, whole(body["best_of"]) ?? 1);
  const output = Math.min(asked ?? Number.POSITIVE_INFINITY, most("outputTokensMax")) * answers;
  return { requests: 1, input_tokens: bounded(input), output_tokens: bounded(output) };
}

export function quantitiesOf(tokens: MeteredTokens): Quantities {
  return {
    requests: 1,
    input_tokens: bounded(tokens.inputTokens),
    cached_input_tokens: bounded(tokens.cachedInputTokens),
    output_tokens: bounded(tokens.outputTokens),
  };
}

const bounded = (count: number): number => Math.min(count, limits.usageUnitsMax);
