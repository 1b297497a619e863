import { type Json, type MeteredTokens, type UpstreamApi, isObject } from "../../upstream/index.ts";

/** How an answer is told to the customer: under the prediction's id and the endpoint's name, with usage where it was asked for. */
export interface Telling {
  readonly api: UpstreamApi;
  readonly id: string;
  readonly endpoint: string;
  /** Whether a stream tells its usage: always of responses, where the customer asked for it elsewhere. */
  readonly tellsUsage: boolean;
}

export function tellingOf(api: UpstreamApi, id: string, endpoint: string, body: Json): Telling {
  const options = body["stream_options"];
  const tellsUsage = api === "responses" || (isObject(options) && options["include_usage"] === true);
  return { api, id, endpoint, tellsUsage };
}

/** A whole answer; where the upstream did not count, with our counts. */
export function toldAnswer({ api, id, endpoint }: Telling, message: Json, tokens: MeteredTokens): Json {
  if (api === "embeddings") return { ...message, model: endpoint, usage: message["usage"] ?? usageOf(tokens) };
  if (api === "responses") return { ...message, id, model: endpoint };
  return { ...message, id, model: endpoint, usage: message["usage"] ?? usageOf(tokens) };
}

/** One message of a stream, or nothing where it would only tell a usage that nobody asked for. */
export function toldMessage({ api, id, endpoint, tellsUsage }: Telling, message: Json): Json | undefined {
  if (api === "responses") {
    const { response } = message;
    return isObject(response) ? { ...message, response: { ...response, id, model: endpoint } } : message;
  }
  const told: Record<string, unknown> = { ...message, id, model: endpoint };
  if (tellsUsage) return told;
  const { usage, choices } = message;
  delete told["usage"];
  return isObject(usage) && Array.isArray(choices) && choices.length === 0 ? undefined : told;
}

/** For a stream whose upstream told no usage although the customer asked for it. */
export function usageMessage({ api, id, endpoint }: Telling, tokens: MeteredTokens, createdAtMs: number): Json {
  return {
    id,
    object: api === "chat" ? "chat.completion.chunk" : "text_completion",
    created: Math.floor(createdAtMs / 1_000),
    model: endpoint,
    choices: [],
    usage: usageOf(tokens),
  };
}

function usageOf({ inputTokens, cachedInputTokens, outputTokens }: MeteredTokens): Json {
  const prompt = inputTokens + cachedInputTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens },
  };
}

/** The message that ends a stream of responses; it is held back until the answer is recorded. */
export function isLast(api: UpstreamApi, message: Json): boolean {
  return api === "responses" && /^response\.(completed|incomplete|failed)$/.test(String(message["type"]));
}

/** An event as it is written to the socket. */
export function eventText(api: UpstreamApi, message: Json): string {
  const data = JSON.stringify(message);
  return api === "responses" ? `event: ${String(message["type"])}\ndata: ${data}\n\n` : `data: ${data}\n\n`;
}

export const doneText = "data: [DONE]\n\n";
