import type { SseEvent } from "./sse.ts";
import type { UpstreamApi } from "./model.ts";
import { type Json, isObject } from "./usage.ts";

/** What an API's answers and events look like, as far as counting and ending need it. */
interface Protocol {
  /** What the model wrote, in one event of a stream or in a whole answer. */
  texts(message: Json): string[];
  /** Where it says what was used. */
  usage(message: Json): unknown;
  /** Why it ended, in an event that says so. */
  finish(message: Json): string | undefined;
}

const text = (value: unknown): string[] => (typeof value === "string" && value !== "" ? [value] : []);
const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as unknown[]).filter(isObject) : []);

const choices: Pick<Protocol, "usage" | "finish"> = {
  usage: (message) => message["usage"],
  finish(message) {
    for (const choice of list(message["choices"])) {
      const reason = choice["finish_reason"];
      if (typeof reason === "string") return reason;
    }
    return undefined;
  },
};

function textsOfChat(delta: unknown): string[] {
  if (!isObject(delta)) return [];
  const calls = list(delta["tool_calls"]).flatMap((call) => [call["function"], call["custom"]].filter(isObject));
  return [
    ...text(delta["content"]),
    ...text(delta["reasoning_content"] ?? delta["reasoning"]),
    ...text(delta["refusal"]),
    ...calls.flatMap((call) => [...text(call["name"]), ...text(call["arguments"]), ...text(call["input"])]),
  ];
}

const ends: Readonly<Record<string, string>> = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};

/** Everything readable in the output of a whole response. */
function textsOfOutput(item: Json): string[] {
  const parts = [...list(item["content"]), ...list(item["summary"])];
  return [
    ...text(item["name"]),
    ...text(item["arguments"]),
    ...text(item["input"]),
    ...parts.flatMap((part) => [...text(part["text"]), ...text(part["refusal"])]),
  ];
}

export const protocols: { readonly [A in UpstreamApi]: Protocol } = {
  chat: {
    ...choices,
    texts: (message) => list(message["choices"]).flatMap((choice) => textsOfChat(choice["delta"] ?? choice["message"])),
  },
  completions: {
    ...choices,
    texts: (message) => list(message["choices"]).flatMap((choice) => text(choice["text"])),
  },
  responses: {
    texts(message) {
      const type = message["type"];
      if (typeof type === "string") return type.endsWith(".delta") ? text(message["delta"]) : [];
      return list(message["output"]).flatMap(textsOfOutput);
    },
    usage: (message) => (isObject(message["response"]) ? message["response"]["usage"] : message["usage"]),
    finish(message) {
      const type = message["type"];
      if (typeof type === "string") return ends[type];
      return typeof message["status"] === "string" ? message["status"] : undefined;
    },
  },
  embeddings: { texts: () => [], usage: (message) => message["usage"], finish: () => "stop" },
};

/** The mark that ends streams of chat and completions. */
export const doneMark = "[DONE]";

type Read = { readonly ok: true; readonly message: Json } | { readonly ok: false; readonly reason: string };

/** An event's message, or why there is none. */
export function readMessage({ event, data }: SseEvent): Read {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return { ok: false, reason: "an event is not JSON" };
  }
  if (!isObject(json)) return { ok: false, reason: "an event is not an object" };
  const error = json["error"];
  const isError = event === "error" || json["type"] === "error" || (error !== undefined && error !== null);
  return isError ? { ok: false, reason: "an error event" } : { ok: true, message: json };
}

/** A request as an upstream gets it: its own name of the model, usage asked for, nothing kept there. */
export function requestBody(api: UpstreamApi, body: Json, model: string, isStream: boolean): Json {
  const named = { ...body, model };
  if (api === "embeddings") return named;
  if (api === "responses") return { ...named, store: false, stream: isStream };
  if (!isStream) return { ...named, stream: false };
  const options = isObject(body["stream_options"]) ? body["stream_options"] : {};
  return { ...named, stream: true, stream_options: { ...options, include_usage: true } };
}
