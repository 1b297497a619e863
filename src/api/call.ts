import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { From } from "../identity/index.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { secretOf, siteOf } from "./admit.ts";
import { sessionSecretOf } from "./cookies.ts";
import type { ApiDeps } from "./deps.ts";
import type { Call } from "./route.ts";

/** Refusal `invalid_request` for an Idempotency-Key that is none. */
export function callOf(deps: ApiDeps, request: FastifyRequest, reply: FastifyReply): Call<unknown, unknown, unknown> {
  return new RequestCall(deps, request, reply);
}

/** What only some handlers look at is found when they do: a paid request pays for nothing else. */
class RequestCall implements Call<unknown, unknown, unknown> {
  readonly deps: ApiDeps;
  readonly reply: FastifyReply;
  readonly idempotencyKey: string | undefined;
  readonly secret: string;
  readonly #request: FastifyRequest;

  constructor(deps: ApiDeps, request: FastifyRequest, reply: FastifyReply) {
    this.deps = deps;
    this.reply = reply;
    this.#request = request;
    this.idempotencyKey = checkedIdempotencyKey(request.headers["idempotency-key"]);
    this.secret = secretOf(request);
  }

  get params(): unknown {
    return this.#request.params;
  }

  get query(): unknown {
    return this.#request.query;
  }

  get body(): unknown {
    return this.#request.body;
  }

  get requestId(): string {
    return this.#request.id;
  }

  get actor(): Call<unknown, unknown, unknown>["actor"] {
    return this.#request.actor;
  }

  get site(): string {
    return siteOf(this.deps, this.#request);
  }

  get from(): From {
    const { ip, headers } = this.#request;
    return {
      address: ip,
      device: headers["user-agent"] ?? "",
      before: sessionSecretOf(this.#request, this.site),
    };
  }

  get pieces(): AsyncIterable<Buffer> {
    return this.#request.body instanceof Readable ? this.#request.body : Readable.from([]);
  }

  get signal(): AbortSignal {
    return leavingOf(this.#request.raw.socket);
  }
}

const leaving = new WeakMap<Socket, AbortController>();

/** Aborted when the connection closes. One for all requests that come over it: whoever listens takes the listener back. */
function leavingOf(socket: Socket): AbortSignal {
  const known = leaving.get(socket);
  if (known) return known.signal;
  const controller = new AbortController();
  leaving.set(socket, controller);
  if (socket.destroyed) controller.abort();
  else socket.once("close", () => controller.abort());
  return controller.signal;
}

function checkedIdempotencyKey(key: string | string[] | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== "string" || key.length === 0 || key.length > limits.idempotencyKeyCharsMax) {
    throw new Refusal("invalid_request", `Idempotency-Key has 1 to ${limits.idempotencyKeyCharsMax} characters.`, {
      param: "Idempotency-Key",
    });
  }
  return key;
}
