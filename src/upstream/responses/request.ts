import { Refusal } from "../../kernel/errors.ts";
import { type Json, isObject } from "../usage.ts";

/** A request of the responses API as one of chat, for upstreams that have nothing else. */

const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const unfit = (what: string, param: string): Refusal =>
  new Refusal("invalid_request", `${what} cannot be passed to this endpoint's upstream.`, {
    param,
    hint: "It speaks chat completions only: text, pictures and function calls.",
  });

/** Refusal `invalid_request` for what chat has no word for. */
export function chatRequestOf(body: Json): Json {
  const { instructions, input, tools, tool_choice, text, reasoning, max_output_tokens } = body as Record<
    string,
    unknown
  >;
  const messages: Json[] = [];
  if (typeof instructions === "string") messages.push({ role: "system", content: instructions });
  if (typeof input === "string") messages.push({ role: "user", content: input });
  for (const item of list(input)) addItem(messages, item);
  return {
    messages,
    ...pick(body, ["temperature", "top_p", "parallel_tool_calls", "user", "top_logprobs", "seed", "stop"]),
    ...(max_output_tokens === undefined || max_output_tokens === null ? {} : { max_tokens: max_output_tokens }),
    ...(Array.isArray(tools) && tools.length > 0 ? { tools: list(tools).map(toolOf) } : {}),
    ...(tool_choice === undefined || tool_choice === null ? {} : { tool_choice: toolChoiceOf(tool_choice) }),
    ...formatOf(text),
    ...(isObject(reasoning) && typeof reasoning["effort"] === "string"
      ? { reasoning_effort: reasoning["effort"] }
      : {}),
  };
}

function pick(body: Json, names: readonly string[]): Json {
  const has = (name: string): boolean => body[name] !== undefined && body[name] !== null;
  return Object.fromEntries(names.filter(has).map((name) => [name, body[name]]));
}

function addItem(messages: Json[], item: unknown): void {
  if (!isObject(item)) throw unfit("An input item that is no object", "input");
  const type = item["type"] ?? "message";
  if (type === "message") {
    const role = item["role"] === "developer" ? "system" : item["role"];
    messages.push({ role, content: contentOf(item["content"], role === "assistant") });
  } else if (type === "function_call") {
    const call = {
      id: item["call_id"],
      type: "function",
      function: { name: item["name"], arguments: item["arguments"] },
    };
    const last = messages.at(-1);
    const calls = last?.["role"] === "assistant" ? list(last["tool_calls"]) : undefined;
    if (calls) messages[messages.length - 1] = { ...last, tool_calls: [...calls, call] };
    else messages.push({ role: "assistant", content: null, tool_calls: [call] });
  } else if (type === "function_call_output") {
    const { output } = item;
    const content = typeof output === "string" ? output : contentOf(output, true);
    messages.push({ role: "tool", tool_call_id: item["call_id"], content });
  } else if (type !== "reasoning") throw unfit(`An input item of the type ${JSON.stringify(type)}`, "input");
}

/** Parts of a message; those of an assistant or a tool are joined to one text, which every server takes. */
function contentOf(content: unknown, isText: boolean): unknown {
  if (typeof content === "string") return content;
  const parts = list(content).map((part) => {
    if (!isObject(part)) throw unfit("A content part that is no object", "input");
    const { type, text, refusal } = part as Record<string, unknown>;
    if (type === "input_text" || type === "output_text") return { type: "text", text };
    if (type === "refusal") return { type: "text", text: refusal };
    if (type === "input_image" && !isText && typeof part["image_url"] === "string") {
      return { type: "image_url", image_url: { url: part["image_url"], ...pick(part, ["detail"]) } };
    }
    throw unfit(`A content part of the type ${JSON.stringify(type)}`, "input");
  });
  return isText ? parts.map((part) => ("text" in part ? String(part.text) : "")).join("") : parts;
}

function toolOf(tool: unknown): Json {
  const { type, ...rest } = isObject(tool) ? (tool as Record<string, unknown>) : { type: undefined };
  if (type === "function") return { type, function: pick(rest, ["name", "description", "parameters", "strict"]) };
  if (type === "custom") return { type, custom: pick(rest, ["name", "description", "format"]) };
  throw unfit(`A tool of the type ${JSON.stringify(type)}`, "tools");
}

function toolChoiceOf(choice: unknown): unknown {
  if (typeof choice === "string") return choice;
  if (isObject(choice) && choice["type"] === "function")
    return { type: "function", function: { name: choice["name"] } };
  throw unfit("This tool_choice", "tool_choice");
}

function formatOf(text: unknown): Json {
  if (!isObject(text) || !isObject(text["format"])) return {};
  const { type, ...rest } = text["format"] as Record<string, unknown>;
  if (type === "text") return {};
  if (type === "json_object") return { response_format: { type } };
  return {
    response_format: { type: "json_schema", json_schema: pick(rest, ["name", "description", "schema", "strict"]) },
  };
}
