import type { FastifyReply } from "fastify";
import type { z } from "zod";
import { type CompletionRequest, handleCompletion } from "../../gateway/index.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Written } from "../../models/index.ts";
import {
  type CompletionHead,
  completionBody,
  completionOf,
  completionShape,
  endingOf,
  logprobsOf,
} from "../completions.ts";
import { failureBody } from "../failures.ts";
import { endUserOf } from "./end-user.ts";
import { tellRate } from "../rate-headers.ts";
import type { DoorCall } from "./relayed.ts";

type Body = z.output<typeof completionBody>;
type CompletionCall = Omit<DoorCall, "body">;

const tokensDefault = 16; // as OpenAI's

/** A text of an own language model. */
export function answerCompletion(call: CompletionCall, body: Body): Promise<z.input<typeof completionShape>> {
  return body.stream === true ? stream(call, body) : answer(call, body);
}

function requestOf(
  { secret, idempotencyKey, requestId, signal, reply }: CompletionCall,
  body: Body,
): CompletionRequest {
  const { stop } = body;
  return {
    secret: new Secret(secret),
    endpoint: body.model,
    input: typeof body.prompt === "string" ? body.prompt : (body.prompt[0] ?? ""),
    options: {
      tokensMax: body.max_tokens ?? tokensDefault,
      temperature: body.temperature ?? 1,
      topP: body.top_p ?? 1,
      topK: body.top_k ?? 0,
      stops: typeof stop === "string" ? [stop] : (stop ?? []),
      alternatives: body.logprobs ?? 0,
    },
    requestId,
    signal,
    onRate: tellRate(reply),
    ...endUserOf(body),
    streams: body.stream === true,
    ...(typeof body.seed === "number" ? { seed: body.seed } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

async function answer(call: CompletionCall, body: Body): Promise<z.input<typeof completionShape>> {
  const { deps, reply } = call;
  const written: Written[] = [];
  const onWritten = (token: Written): void => void written.push(token);
  const { answer: answered, replayed } = await handleCompletion(deps.gateway, { ...requestOf(call, body), onWritten });
  if (replayed) void reply.header("idempotent-replayed", "true");
  const { text, finish, usage } = endingOf(answered);
  const logprobs = typeof body.logprobs === "number" && !replayed ? logprobsOf(written, 0) : null;
  return completionOf(answered, { text, finish, logprobs }, usage);
}

/** Server-sent events: a piece for each token, one with the reason of the end, the usage if asked for, `[DONE]`. */
async function stream(call: CompletionCall, body: Body): Promise<z.input<typeof completionShape>> {
  const { deps, reply } = call;
  const events = openEvents(reply);
  let head: CompletionHead | undefined;
  let [sent, offset] = ["", 0];
  try {
    const { answer: answered, replayed } = await handleCompletion(deps.gateway, {
      ...requestOf(call, body),
      onStart(started) {
        head = started;
      },
      onWritten(token) {
        if (!head) return;
        const logprobs = typeof body.logprobs === "number" ? logprobsOf([token], offset) : null;
        offset += token.token.length;
        sent += token.text;
        events.send(completionOf(head, { text: token.text, logprobs, finish: null }, null));
      },
    });
    if (replayed) void reply.header("idempotent-replayed", "true");
    const { text, finish, usage } = endingOf(answered);
    const rest = text.slice(sent.length);
    events.send(completionOf(answered, { text: rest, logprobs: null, finish }, null));
    if (body.stream_options?.include_usage === true) events.send(completionOf(answered, null, usage));
    events.end("[DONE]");
    return completionOf(answered, null, usage);
  } catch (error) {
    if (!head || !events.isOpen()) throw error; // nothing was sent yet: it is answered like any other refusal
    events.end(JSON.stringify(failureBody(error, reply.request)));
    return completionOf(head, null, null);
  }
}

interface Events {
  isOpen(): boolean;
  send(data: unknown): void;
  end(data: string): void;
}

/** Takes the answer over from the server with the first event. */
function openEvents(reply: FastifyReply): Events {
  let isOpen = false;
  const write = (data: string): void => {
    if (!isOpen) {
      isOpen = true;
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
      });
    }
    if (!reply.raw.destroyed) reply.raw.write(`data: ${data}\n\n`);
  };
  return {
    isOpen: () => isOpen,
    send: (data) => write(JSON.stringify(data)),
    end(data) {
      write(data);
      reply.raw.end();
    },
  };
}
