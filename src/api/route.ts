import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Area, From } from "../identity/index.ts";
import type { Actor } from "./actor.ts";
import type { ApiDeps } from "./deps.ts";

type Shape = z.ZodObject;
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Who may call, and how it says who it is. */
export type Who =
  /** The team: with an operator key, or by a session whose role opens the route's area. */
  | "operator"
  /** A customer's program, with an API key. */
  | "customer"
  /** A customer's user, by a session. */
  | "portal"
  /** A partner's user, by a session. */
  | "partner"
  /** Any user, by a session. */
  | "user"
  /** Anybody with a browser; a session is looked at if there is one. */
  | "visitor"
  /** Anybody. */
  | "public";

/**
 * The team's routes say which part of the plane they belong to; a GET reads, a POST writes unless it says otherwise. `any` is
 * open to every role, and its handler shows each of them what it may see.
 */
export type Gate =
  | { readonly who: "operator"; readonly area: Area | "any"; readonly access?: "read" | "write" }
  | { readonly who: Exclude<Who, "operator"> };

export interface Call<P, Q, B> {
  readonly deps: ApiDeps;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly requestId: string;
  readonly actor: Actor;
  /** The caller's address and browser. */
  readonly from: From;
  /** `https://host`, as the caller's browser sees it. */
  readonly site: string;
  /** The bearer secret as sent; only the customer plane's handlers look at it. */
  readonly secret: string;
  readonly idempotencyKey: string | undefined;
  /** The body of a route that streams. */
  readonly pieces: AsyncIterable<Buffer>;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
  readonly reply: FastifyReply;
}

/** A route is a declaration: who may, schemas in, schema out, one function. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly who: Who;
  readonly area?: Area | "any";
  readonly access?: "read" | "write";
  readonly tag: string;
  readonly summary: string;
  readonly params?: Shape;
  readonly query?: Shape;
  readonly body?: Shape;
  readonly status: 200 | 201 | 202;
  readonly response: z.ZodType;
  /** Only for routes that keep their own idempotency record, in the same transaction as their effect. */
  readonly ownIdempotency?: boolean;
  /** A change that is no part of the paid path, and so told in the audit log. The team's and people's POSTs all are. */
  readonly audited?: boolean;
  /** What customers pay for: its failures are counted, see `asked-in-vain.ts`. */
  readonly asks?: boolean;
  /** Its body is bytes that the handler takes as they come, at most `bodyBytesMax`, and not JSON. */
  readonly streams?: boolean;
  /** For bodies larger than `limits.requestBodyBytesMax`: then the key is looked up before the body is read. */
  readonly bodyBytesMax?: number;
  handle(call: Call<unknown, unknown, unknown>): Promise<unknown>;
}

interface Declaration<P, Q, B, R extends z.ZodType> extends Omit<
  Route,
  "handle" | "params" | "query" | "body" | "response" | "status" | "who" | "area" | "access"
> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly status?: Route["status"];
  readonly response: R;
  handle(call: Call<Output<P>, Output<Q>, Output<B>>): Promise<z.input<R>>;
}

/** Checks a declaration against its own schemas and forgets their types, so that routes can stand in one list. */
export function route<
  R extends z.ZodType,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
>(declaration: Declaration<P, Q, B, R> & Gate): Route {
  return { status: 200, ...declaration } as unknown as Route;
}
