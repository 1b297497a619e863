import type { CompletionRequest, PredictionAnswer } from "../../gateway/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { Json } from "../../upstream/index.ts";
import { isObject } from "../../upstream/index.ts";
import { type CompletionHead, endingOf } from "../completions.ts";

/** Chat with an own language model: the conversation as a plain transcript, which it continues. */

const tokensDefault = 256;
const speakers: Readonly<Record<string, string>> = { user: "User", assistant: "Assistant" };
const unfit = (message: string, param: string): Refusal =>
  new Refusal("invalid_request", message, { param, hint: "Put an upstream behind the endpoint for more." });

/** Refusal `invalid_request` for what a model of one's own cannot do: tools, pictures, formats. */
export function transcriptOf(messages: unknown): string {
  const lines = (Array.isArray(messages) ? (messages as unknown[]) : []).map((message) => {
    const { role, content } = isObject(message) ? (message as Record<string, unknown>) : {};
    const text = textOf(content);
    if (role === "system" || role === "developer") return text;
    const speaker = typeof role === "string" ? speakers[role] : undefined;
    if (speaker === undefined) throw unfit(`This endpoint's model knows no role ${JSON.stringify(role)}.`, "messages");
    return `${speaker}: ${text}`;
  });
  return [...lines, "Assistant:"].join("\n");
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as unknown[]) : [];
  return parts
    .map((part) => {
      if (isObject(part) && part["type"] === "text" && typeof part["text"] === "string") return part["text"];
      throw unfit("This endpoint's model reads text only.", "messages");
    })
    .join("");
}

/** The options of a completion from those of chat. */
export function ownOptions(body: Json): CompletionRequest["options"] {
  for (const field of ["tools", "functions", "logit_bias", "prediction"]) {
    const value = body[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    throw unfit(`This endpoint's model has no ${field}.`, field);
  }
  const format = body["response_format"];
  if (isObject(format) && format["type"] !== "text")
    throw unfit("This endpoint's model writes text only.", "response_format");
  if (typeof body["n"] === "number" && body["n"] !== 1) throw unfit("This endpoint's model writes one answer.", "n");
  const { stop } = body;
  const stops = (typeof stop === "string" ? [stop] : Array.isArray(stop) ? (stop as unknown[]) : []).map(String);
  if (
    stops.length > limits.completionStopsMax ||
    stops.some((text) => text === "" || text.length > limits.completionStopCharsMax)
  ) {
    throw unfit(`At most ${limits.completionStopsMax} stops of ${limits.completionStopCharsMax} characters.`, "stop");
  }
  return {
    tokensMax:
      numberIn(body, ["max_completion_tokens", "max_tokens"], {
        least: 1,
        most: limits.completionTokensMax,
        whole: true,
      }) ?? tokensDefault,
    temperature: numberIn(body, ["temperature"], { least: 0, most: 2 }) ?? 1,
    topP: numberIn(body, ["top_p"], { least: 0.001, most: 1 }) ?? 1,
    topK: 0,
    stops: [...stops, "\nUser:"],
    alternatives: 0,
  };
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

function numberIn(body: Json, names: readonly string[], { least, most, whole = false }: Bounds): number | undefined {
  const name = names.find((candidate) => body[candidate] !== undefined && body[candidate] !== null);
  if (name === undefined) return undefined;
  const value = body[name];
  if (typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw unfit(`${name} is a ${whole ? "whole " : ""}number from ${least} to ${most} at this endpoint.`, name);
}

export function ownChatAnswer(answer: PredictionAnswer): Json {
  const { text, finish, usage } = endingOf(answer);
  const message = { role: "assistant", content: text.trimStart(), refusal: null };
  return {
    ...headOf(answer, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage,
  };
}

export function ownChatChunk(head: CompletionHead, delta: Json, finish: string | null): Json {
  return {
    ...headOf(head, "chat.completion.chunk"),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  };
}

export function ownChatUsage(answer: PredictionAnswer): Json {
  return { ...headOf(answer, "chat.completion.chunk"), choices: [], usage: endingOf(answer).usage };
}

const headOf = (head: CompletionHead, object: string): Json => ({
  id: head.id,
  object,
  created: Math.floor(head.createdAtMs / 1_000),
  model: head.endpoint,
  system_fingerprint: head.model,
});
