import { type CompletionRequest, handleCompletion } from "../../gateway/index.ts";
import { Secret } from "../../kernel/secret.ts";
import { type Json, answerFromChat, chatRequestOf, isObject } from "../../upstream/index.ts";
import { type CompletionHead, endingOf } from "../completions.ts";
import { failureBody } from "../failures.ts";
import { endUserOf } from "./end-user.ts";
import { tellRate } from "../rate-headers.ts";
import { openEventWriter } from "./events.ts";
import { ownChatAnswer, ownChatChunk, ownChatUsage, ownOptions, transcriptOf } from "./own-chat.ts";
import { type DoorCall, errorEvent } from "./relayed.ts";
import { chatStream } from "./response-events.ts";

/** A door's request to an endpoint with an own language model. */
function requestOf(
  { secret, idempotencyKey, requestId, signal, reply }: DoorCall,
  endpoint: string,
  chat: Json,
): CompletionRequest {
  const { seed } = chat;
  return {
    secret: new Secret(secret),
    endpoint,
    input: transcriptOf(chat["messages"]),
    options: ownOptions(chat),
    requestId,
    signal,
    onRate: tellRate(reply),
    ...endUserOf(chat),
    streams: false,
    ...(typeof seed === "number" && Number.isSafeInteger(seed) ? { seed } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

type Door = "chat" | "responses";

/** An own model's chat, in the shape of the door that was asked. */
export async function ownChat(call: DoorCall, door: Door): Promise<Json> {
  const { deps, body, reply } = call;
  const request = requestOf(call, body.model, door === "chat" ? body : chatRequestOf(body));
  if (body["stream"] === true) return streamOwnChat(call, door, request);
  const { answer, replayed } = await handleCompletion(deps.gateway, request);
  if (replayed) void reply.header("idempotent-replayed", "true");
  const chat = ownChatAnswer(answer);
  return door === "chat" ? chat : { ...answerFromChat(body, chat), id: answer.id };
}

async function streamOwnChat(call: DoorCall, door: Door, request: CompletionRequest): Promise<Json> {
  const { deps, body, reply } = call;
  const events = openEventWriter(reply);
  const options = body["stream_options"];
  const asksUsage = door === "responses" || (isObject(options) && options["include_usage"] === true);
  const write = chatStream(door, body, (event) => void events.send(event));
  let head: CompletionHead | undefined;
  let sent = "";
  const say = (started: CompletionHead, text: string): void => {
    const fresh = sent === "" ? text.trimStart() : text;
    if (fresh === "") return;
    if (sent === "") write.chunk(ownChatChunk(started, { role: "assistant", content: "" }, null));
    sent += fresh;
    write.chunk(ownChatChunk(started, { content: fresh }, null));
  };
  try {
    const { answer } = await handleCompletion(deps.gateway, {
      ...request,
      streams: true,
      onStart: (started) => (head = started),
      onWritten: ({ text }) => head && say(head, text),
    });
    const { text, finish } = endingOf(answer);
    say(answer, text.trimStart().slice(sent.length));
    write.chunk(ownChatChunk(answer, {}, finish));
    if (asksUsage) write.chunk(ownChatUsage(answer));
    events.end(write.end());
  } catch (error) {
    if (!events.isOpen()) throw error;
    events.end(errorEvent(door, failureBody(error, reply.request)));
  }
  return {};
}
