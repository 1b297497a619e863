import type { MessageStream } from "../relay-stream.ts";
import { type Json, isObject, toldUsage } from "../usage.ts";

/** What chat answered, as the responses API says it: text, function calls, usage. */

const objects = (value: unknown): Json[] => (Array.isArray(value) ? (value as unknown[]).filter(isObject) : []);
const word = (value: unknown): string => (typeof value === "string" ? value : "");

interface Call {
  readonly callId: string;
  readonly name: string;
  arguments: string;
}

type Item = { readonly kind: "text"; text: string } | ({ readonly kind: "call" } & Call);

export function answerFromChat(request: Json, chat: Json): Json {
  const [choice] = objects(chat["choices"]);
  const message = isObject(choice?.["message"]) ? choice["message"] : {};
  const items: Item[] = [];
  const text = word(message["content"]) || word(message["refusal"]);
  if (text !== "") items.push({ kind: "text", text });
  for (const call of objects(message["tool_calls"])) {
    const { name, arguments: given } = isObject(call["function"]) ? call["function"] : ({} as Json);
    items.push({ kind: "call", callId: word(call["id"]), name: word(name), arguments: word(given) });
  }
  return response(request, chat, { items, finish: word(choice?.["finish_reason"]), usage: chat["usage"] });
}

interface Outcome {
  readonly items: readonly Item[];
  /** Null while it is being written. */
  readonly finish: string | null;
  readonly usage: unknown;
}

function response(request: Json, head: Json, { items, finish, usage }: Outcome): Json {
  const isCut = finish === "length" || finish === "content_filter";
  const reason = finish === "length" ? "max_output_tokens" : "content_filter";
  return {
    id: `resp_${word(head["id"])}`,
    object: "response",
    created_at: typeof head["created"] === "number" ? head["created"] : 0,
    status: finish === null ? "in_progress" : isCut ? "incomplete" : "completed",
    error: null,
    incomplete_details: isCut ? { reason } : null,
    instructions: request["instructions"] ?? null,
    max_output_tokens: request["max_output_tokens"] ?? null,
    model: head["model"] ?? null,
    output: items.map((item, index) => itemOf(item, index, "completed")),
    parallel_tool_calls: request["parallel_tool_calls"] ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: request["temperature"] ?? 1,
    text: request["text"] ?? { format: { type: "text" } },
    tool_choice: request["tool_choice"] ?? "auto",
    tools: request["tools"] ?? [],
    top_p: request["top_p"] ?? 1,
    truncation: "disabled",
    usage: usageOf(usage),
    user: request["user"] ?? null,
    metadata: request["metadata"] ?? {},
  };
}

function usageOf(usage: unknown): Json | null {
  const told = toldUsage("chat", usage);
  if (!told) return null;
  const { input = 0, cached = 0, output = 0 } = told;
  const details =
    isObject(usage) && isObject(usage["completion_tokens_details"]) ? usage["completion_tokens_details"] : {};
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: details["reasoning_tokens"] ?? 0 },
    total_tokens: input + output,
  };
}

function itemOf(item: Item, index: number, status: "in_progress" | "completed"): Json {
  if (item.kind === "call") {
    const { callId, name } = item;
    return { type: "function_call", id: `fc_${index}`, call_id: callId, name, arguments: item.arguments, status };
  }
  const content = status === "completed" ? [partOf(item.text)] : [];
  return { type: "message", id: `msg_${index}`, status, role: "assistant", content };
}

const partOf = (text: string): Json => ({ type: "output_text", text, annotations: [], logprobs: [] });

/** The events of a response, made from chunks of chat as they come. What was heard stays that of chat. */
export function streamFromChat(request: Json, chat: MessageStream): MessageStream {
  const ready: Json[] = [];
  const writer = new ResponseWriter(request, (event) => ready.push(event));
  let isOver = false;
  return {
    heard: () => chat.heard(),
    abort: () => chat.abort(),
    async next() {
      while (ready.length === 0 && !isOver) {
        const chunk = await chat.next();
        if (chunk) writer.chunk(chunk);
        else writer.end();
        isOver = chunk === undefined;
      }
      return ready.shift();
    },
  };
}

/** Takes chunks of chat, gives events of a response. */
export interface ChatToResponse {
  chunk(chunk: Json): void;
  /** Tells the last events. */
  end(): void;
}

export function responseWriter(request: Json, emit: (event: Json) => void): ChatToResponse {
  return new ResponseWriter(request, emit);
}

class ResponseWriter implements ChatToResponse {
  readonly #request: Json;
  readonly #emit: (event: Json) => void;
  readonly #items: Item[] = [];
  /** Chat's index of a call to its place among our items. */
  readonly #calls = new Map<unknown, number>();
  #head: Json | undefined;
  #usage: unknown;
  #finish = "";
  #sequence = 0;

  constructor(request: Json, emit: (event: Json) => void) {
    this.#request = request;
    this.#emit = emit;
  }

  chunk(chunk: Json): void {
    if (!this.#head) this.#begin(chunk);
    this.#usage = toldUsage("chat", chunk["usage"]) ? chunk["usage"] : this.#usage;
    const [choice] = objects(chunk["choices"]);
    this.#finish = word(choice?.["finish_reason"]) || this.#finish;
    const delta = isObject(choice?.["delta"]) ? choice["delta"] : {};
    const text = word(delta["content"]) || word(delta["refusal"]);
    if (text !== "") this.#text(text);
    for (const call of objects(delta["tool_calls"])) this.#call(call);
  }

  end(): void {
    if (!this.#head) return;
    this.#closeLast();
    const outcome = { items: this.#items, finish: this.#finish, usage: this.#usage };
    const whole = response(this.#request, this.#head, outcome);
    this.#send(`response.${String(whole["status"])}`, { response: whole });
  }

  #begin(chunk: Json): void {
    this.#head = chunk;
    const begun = response(this.#request, chunk, { items: [], finish: null, usage: null });
    this.#send("response.created", { response: begun });
    this.#send("response.in_progress", { response: begun });
  }

  #text(delta: string): void {
    let item = this.#items.at(-1);
    if (item?.kind !== "text") item = this.#open({ kind: "text", text: "" });
    item.text += delta;
    this.#send("response.output_text.delta", { ...this.#place(), content_index: 0, delta, logprobs: [] });
  }

  #call(call: Json): void {
    const { name, arguments: given } = isObject(call["function"]) ? call["function"] : ({} as Json);
    const key = call["index"] ?? call["id"];
    let at = this.#calls.get(key);
    if (at === undefined) {
      this.#open({ kind: "call", callId: word(call["id"]), name: word(name), arguments: "" });
      at = this.#items.length - 1;
      this.#calls.set(key, at);
    }
    const item = this.#items[at];
    if (item?.kind !== "call" || word(given) === "") return;
    item.arguments += word(given);
    this.#send("response.function_call_arguments.delta", { item_id: `fc_${at}`, output_index: at, delta: word(given) });
  }

  #open<T extends Item>(item: T): T {
    this.#closeLast();
    this.#items.push(item);
    const at = this.#items.length - 1;
    this.#send("response.output_item.added", { output_index: at, item: itemOf(item, at, "in_progress") });
    if (item.kind === "text")
      this.#send("response.content_part.added", { ...this.#place(), content_index: 0, part: partOf("") });
    return item;
  }

  #closeLast(): void {
    const item = this.#items.at(-1);
    if (!item) return;
    const at = this.#items.length - 1;
    if (item.kind === "text") {
      const { text } = item;
      this.#send("response.output_text.done", { ...this.#place(), content_index: 0, text, logprobs: [] });
      this.#send("response.content_part.done", { ...this.#place(), content_index: 0, part: partOf(text) });
    } else {
      const { name, arguments: whole } = item;
      this.#send("response.function_call_arguments.done", {
        item_id: `fc_${at}`,
        output_index: at,
        name,
        arguments: whole,
      });
    }
    this.#send("response.output_item.done", { output_index: at, item: itemOf(item, at, "completed") });
  }

  #place(): { item_id: string; output_index: number } {
    const at = this.#items.length - 1;
    return { item_id: `msg_${at}`, output_index: at };
  }

  #send(type: string, facts: Json): void {
    this.#emit({ type, sequence_number: this.#sequence++, ...facts });
  }
}
