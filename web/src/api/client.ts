import type { Routes } from "./schema.gen.ts";

export type RouteName = keyof Routes;
export type Answer<R extends RouteName> = Routes[R]["answer"];
/** A route that lists: its items, whatever page they are on. */
export type Item<R extends RouteName> = Answer<R> extends { readonly data: readonly (infer T)[] } ? T : never;

/** What a route is given: `{ params, query, body }`, as far as it has them. */
export type Input<R extends RouteName> = Routes[R]["input"];

/** A refusal of the server: one sentence, a code of the closed list, and the request to name when one asks for help. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly requestId: string | null;
  /** How long to wait before one asks again, where the server says so. */
  readonly retryAfterSeconds: number | null;
  constructor(
    status: number,
    error: Partial<{ code: string; message: string; param: string | null; request_id: string }>,
    retryAfterSeconds: number | null = null,
  ) {
    super(error.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = error.code ?? "internal";
    this.param = error.param ?? null;
    this.requestId = error.request_id ?? null;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server did not answer at all. */
export class ConnectionLost extends Error {}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Calls a route of the API as the signed-in user. Errors: `ApiError`, `ConnectionLost`. */
export async function call<R extends RouteName>(route: R, input: Input<R>, signal?: AbortSignal): Promise<Answer<R>> {
  return (await (await send(route, input, signal)).json()) as Answer<R>;
}

/** The same for answers that are a file or a page. */
export async function callForBlob<R extends RouteName>(route: R, input: Input<R>): Promise<Blob> {
  return (await send(route, input)).blob();
}

/** The address of a GET route, for links and event sources. */
export function addressOf<R extends RouteName>(route: R, input: Input<R>): string {
  const { params, query } = input as unknown as Loose;
  const path = pathOf(route).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, `${value}`);
  return search.size > 0 ? `${path}?${search}` : path;
}

interface Loose {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly body?: unknown;
}

const pathOf = (route: string): string => route.slice(route.indexOf(" ") + 1);

/** What is written goes on when the page is left; browsers keep up to 64 kB for that. */
const keepAliveCharsMax = 16_000;

/** The answer as it comes, for what is neither JSON nor a file. */
export async function send<R extends RouteName>(route: R, input: Input<R>, signal?: AbortSignal): Promise<Response> {
  const method = route.slice(0, route.indexOf(" "));
  const { body } = input as unknown as Loose;
  const writes = method !== "GET";
  const content = body instanceof Blob ? body : JSON.stringify(body ?? {});
  const type = body instanceof Blob ? "application/octet-stream" : "application/json";
  let response: Response;
  try {
    response = await fetch(addressOf(route, input), {
      method,
      headers: {
        accept: "application/json",
        ...(writes ? { "x-millrace-request": "1", "content-type": type, "idempotency-key": unique() } : {}),
      },
      ...(writes
        ? { body: content, keepalive: typeof content === "string" && content.length < keepAliveCharsMax }
        : {}),
      credentials: "same-origin",
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ConnectionLost("The server does not answer.", { cause: error });
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function refusalOf(response: Response): Promise<ApiError | ConnectionLost> {
  const body = (await response.json().catch(() => undefined)) as { error?: Record<string, string> } | undefined;
  const retryAfter = Number(response.headers.get("retry-after"));
  if (body?.error) return new ApiError(response.status, body.error, retryAfter > 0 ? retryAfter : null);
  // no body of ours: a proxy in between says that the server is away
  return response.status >= 502 ? new ConnectionLost("The server does not answer.") : new ApiError(response.status, {});
}

/** `crypto.randomUUID` exists on https and localhost only; a team may well serve plain http inside its own network. */
function unique(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
