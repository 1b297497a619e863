import { type IncomingHttpHeaders, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../usage.ts";

/** How the stub answers one request. */
export type Behaviour =
  | {
      readonly kind: "json";
      readonly body: unknown;
      readonly status?: number;
      readonly headers?: Record<string, string>;
    }
  /** Server-sent events in these pieces; then it ends, dies, or says nothing more. */
  | {
      readonly kind: "stream";
      readonly pieces: readonly (string | Uint8Array)[];
      readonly ending?: "end" | "die" | "hang";
    }
  /** Pieces as they are asked for: each call of `next` waits until the test lets it. */
  | { readonly kind: "paced"; readonly next: () => Promise<string | undefined> }
  | { readonly kind: "die" }
  | { readonly kind: "hang" };

export interface StubRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
  /** Whether its connection was closed before its answer ended. */
  isGone(): boolean;
  /** Resolves when that happens. */
  readonly gone: Promise<void>;
  /** Bytes that were written to it so far. */
  written(): number;
}

export interface Stub {
  /** With `/v1` at the end. */
  readonly url: string;
  readonly requests: StubRequest[];
  close(): Promise<void>;
}

/** An OpenAI-compatible server on loopback that does what the test says. A real one: HTTP over a socket. */
export async function openStub(behave: (request: StubRequest, count: number) => Behaviour): Promise<Stub> {
  const requests: StubRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      let isGone = false;
      let written = 0;
      const gone = new Promise<void>((resolve) =>
        outgoing.on("close", () => {
          if (outgoing.writableFinished) return;
          isGone = true;
          resolve();
        }),
      );
      const request: StubRequest = {
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: text === "" ? {} : (JSON.parse(text) as Json),
        isGone: () => isGone,
        gone,
        written: () => written,
      };
      requests.push(request);
      void answer(outgoing, behave(request, requests.length), request, (bytes) => (written += bytes));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  outgoing: ServerResponse,
  how: Behaviour,
  request: StubRequest,
  wrote: (bytes: number) => void,
): Promise<void> {
  if (how.kind === "hang") return;
  if (how.kind === "die") return void outgoing.destroy();
  if (how.kind === "json") {
    outgoing.writeHead(how.status ?? 200, { "content-type": "application/json", ...how.headers });
    return void outgoing.end(typeof how.body === "string" ? how.body : JSON.stringify(how.body));
  }
  outgoing.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const pieces = how.kind === "paced" ? paced(how.next) : how.pieces;
  for await (const piece of pieces) {
    if (request.isGone()) return;
    const handedOver = new Promise((done) => outgoing.write(piece, done));
    await Promise.race([handedOver, request.gone]);
    if (!request.isGone()) wrote(piece.length);
  }
  if (how.kind === "paced" || how.ending === undefined || how.ending === "end") outgoing.end();
  else if (how.ending === "die") outgoing.destroy();
}

async function* paced(next: () => Promise<string | undefined>): AsyncGenerator<string> {
  for (let piece = await next(); piece !== undefined; piece = await next()) yield piece;
}

/** A whole answer of chat. */
export function chatAnswer(content: string, usage?: object): Json {
  return {
    id: "chatcmpl-stub",
    object: "chat.completion",
    created: 1_760_000_000,
    model: "stub-model-2026",
    choices: [
      { index: 0, message: { role: "assistant", content, refusal: null }, logprobs: null, finish_reason: "stop" },
    ],
    ...(usage ? { usage } : {}),
  };
}

/** A stream of chat, one event a piece. */
export function chatPieces(words: readonly string[], usage?: object): string[] {
  const head = {
    id: "chatcmpl-stub",
    object: "chat.completion.chunk",
    created: 1_760_000_000,
    model: "stub-model-2026",
  };
  const event = (facts: object): string => `data: ${JSON.stringify({ ...head, ...facts })}\n\n`;
  const asked = usage ? { usage: null } : {};
  return [
    event({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], ...asked }),
    ...words.map((content) => event({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...asked })),
    event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], ...asked }),
    ...(usage ? [event({ choices: [], usage })] : []),
    "data: [DONE]\n\n",
  ];
}
