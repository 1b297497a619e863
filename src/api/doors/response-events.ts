import { doneText, eventText } from "../../gateway/index.ts";
import { type Json, responseWriter } from "../../upstream/index.ts";

/** Chunks of chat as the events of the door that was asked. */
export interface ChatStream {
  chunk(chunk: Json): void;
  /** The text that ends the stream. */
  end(): string;
}

export function chatStream(door: "chat" | "responses", request: Json, send: (event: string) => void): ChatStream {
  if (door === "chat") return { chunk: (chunk) => send(eventText("chat", chunk)), end: () => doneText };
  let held: string[] = [];
  let id: unknown;
  const writer = responseWriter(request, (event) => {
    const { response } = event;
    held.push(eventText("responses", isObjectWithId(response) ? { ...event, response: { ...response, id } } : event));
  });
  return {
    chunk(chunk) {
      ({ id } = chunk);
      writer.chunk(chunk);
      for (const event of held) send(event);
      held = [];
    },
    end() {
      writer.end();
      return held.join("");
    },
  };
}

const isObjectWithId = (value: unknown): value is Json => typeof value === "object" && value !== null;
