import type { FastifyReply } from "fastify";
import { limits } from "../../kernel/limits.ts";

/** The answer as server-sent events, taken over from the server with the first of them. */
export interface EventWriter {
  isOpen(): boolean;
  /** An event as it is written. Waits while the customer cannot take more; returns at once when it has left. */
  send(text: string): Promise<void> | void;
  /** The last of it. */
  end(text: string): void;
}

export function openEventWriter(reply: FastifyReply): EventWriter {
  const { raw } = reply;
  let isOpen = false;
  const open = (): void => {
    if (isOpen) return;
    isOpen = true;
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
  };
  return {
    isOpen: () => isOpen,
    send(text) {
      open();
      if (raw.destroyed || raw.write(text)) return undefined;
      return drained(raw);
    },
    end(text) {
      open();
      if (!raw.destroyed) raw.end(text);
    },
  };
}

/** Until there is room, the customer has left, or it has taken nothing for `limits.customerStallMsMax`. */
function drained(raw: FastifyReply["raw"]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(stalled);
      raw.off("drain", done);
      raw.off("close", done);
      resolve();
    };
    const stalled = setTimeout(() => raw.destroy(), limits.customerStallMsMax);
    raw.once("drain", done);
    raw.once("close", done);
  });
}
