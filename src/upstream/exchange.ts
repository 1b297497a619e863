import type { Dispatcher } from "undici";
import { limits } from "../kernel/limits.ts";
import { privateAddressCode } from "./address.ts";
import { type TimedPhase, TryFailed, type TryFailure } from "./failure.ts";

/** How long each part of a try may take, in ms. */
export interface TryTimeouts {
  /** Until a socket is open and free. */
  readonly connectMs: number;
  /** From then to the status line. */
  readonly firstByteMs: number;
  /** Between two reads; the time that our reader takes does not count. */
  readonly idleMs: number;
  /** The whole try, its stream included. */
  readonly totalMs: number;
}

export interface ExchangeRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly timeouts: TryTimeouts;
  readonly bytesMax: number;
  /** Aborted when the caller leaves: the connection is closed at once. */
  readonly signal: AbortSignal | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer whose body is still on its way. */
export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  /** The next piece, or nothing at the end. Throws `TryFailed`. */
  read(): Promise<Uint8Array | undefined>;
  /** The whole body as text. Throws `TryFailed`. */
  text(): Promise<string>;
  /** Ends it: the upstream sees a closed connection. Harmless after the end. */
  abort(): void;
}

/** Asks, and gives the answer when its headers are here. Throws `TryFailed`. */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const handler = new Answer(request, resolve, reject);
    if (handler.isOver()) return;
    const { method, path, headers, body } = request;
    try {
      dispatcher.dispatch({ method, path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, handler);
    } catch (error) {
      handler.fail({ kind: "connect", reason: wordOf(error) });
    }
  });
}

class Answer implements Dispatcher.DispatchHandler, Exchange {
  status = 0;
  headers: Headers = {};
  readonly #request: ExchangeRequest;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: TryFailed) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  #over: TryFailure | "whole" | undefined;
  #wake: (() => void) | undefined;
  #phaseTimer: NodeJS.Timeout | undefined;
  readonly #totalTimer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.fail({ kind: "cancelled" });

  constructor(request: ExchangeRequest, resolve: (exchange: Exchange) => void, reject: (error: TryFailed) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeouts, signal } = request;
    this.#totalTimer = setTimeout(() => this.fail({ kind: "timeout", phase: "total" }), timeouts.totalMs);
    this.#phase("connect", timeouts.connectMs);
    if (signal?.aborted) this.fail({ kind: "cancelled" });
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  isOver(): boolean {
    return this.#over !== undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) return controller.abort(new Error("given up before a socket was free"));
    this.#controller = controller;
    this.#phase("first_byte", this.#request.timeouts.firstByteMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#over) return;
    this.status = status;
    this.headers = headers;
    this.#phase("idle", this.#request.timeouts.idleMs);
    this.#resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#request.bytesMax) {
      return this.fail({ kind: "too_much", reason: `more than ${this.#request.bytesMax} bytes` });
    }
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > limits.upstreamBufferBytes) {
      controller.pause();
      clearTimeout(this.#phaseTimer); // our reader is the slow one
      this.#phaseTimer = undefined;
    } else this.#phaseTimer?.refresh();
    this.#wake?.();
  }

  onResponseEnd(): void {
    if (!this.#over) this.#end("whole");
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(failureOfError(error, this.#controller !== undefined));
  }

  fail(failure: TryFailure): void {
    if (this.#over) return;
    this.#end(failure);
    if (failure.kind === "cancelled" || failure.kind === "too_much") this.#chunks = []; // else what came is still read
    this.#controller?.abort(new TryFailed(failure));
    this.#reject(new TryFailed(failure)); // without effect when the headers were here
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#waitingBytes -= chunk.length;
        this.#resumeIfDrained();
        return chunk;
      }
      if (this.#over === "whole") return undefined;
      if (this.#over) throw new TryFailed(this.#over);
      await new Promise<void>((wake) => (this.#wake = wake));
      this.#wake = undefined;
    }
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (let chunk = await this.read(); chunk; chunk = await this.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  abort(): void {
    this.fail({ kind: "cancelled" });
  }

  #resumeIfDrained(): void {
    if (!this.#controller?.paused || this.#over || this.#waitingBytes > limits.upstreamBufferBytes / 2) return;
    this.#phase("idle", this.#request.timeouts.idleMs);
    this.#controller.resume();
  }

  #phase(phase: TimedPhase, ms: number): void {
    clearTimeout(this.#phaseTimer);
    this.#phaseTimer = setTimeout(() => this.fail({ kind: "timeout", phase }), ms);
  }

  #end(how: TryFailure | "whole"): void {
    this.#over = how;
    clearTimeout(this.#phaseTimer);
    clearTimeout(this.#totalTimer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
  }
}

function failureOfError(error: Error, sent: boolean): TryFailure {
  const code = (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === privateAddressCode) return { kind: "private_address", reason: error.message };
  if (code === "UND_ERR_CONNECT_TIMEOUT") return { kind: "timeout", phase: "connect" };
  if (code === "UND_ERR_HEADERS_OVERFLOW") return { kind: "too_much", reason: "its headers are too large" };
  return sent ? { kind: "broken", reason: wordOf(error) } : { kind: "connect", reason: wordOf(error) };
}

/** A code where there is one: messages of sockets name addresses. */
function wordOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? (error instanceof Error ? error.name : "unknown");
}
