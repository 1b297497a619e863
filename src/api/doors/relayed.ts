import { eventText, handleRelay } from "../../gateway/index.ts";
import { Secret } from "../../kernel/secret.ts";
import type { Json, UpstreamApi } from "../../upstream/index.ts";
import { failureBody } from "../failures.ts";
import { endUserOf } from "./end-user.ts";
import { tellRate } from "../rate-headers.ts";
import type { Call } from "../route.ts";
import { openEventWriter } from "./events.ts";

export type DoorCall = Call<undefined, undefined, Json & { readonly model: string }>;

/** A door's request to an endpoint with a route: sent on, and its answer sent back as it comes. */
export async function relay(call: DoorCall, api: UpstreamApi): Promise<Json> {
  const { deps, body, secret, idempotencyKey, requestId, signal, reply } = call;
  const isStream = api !== "embeddings" && body["stream"] === true;
  const events = openEventWriter(reply);
  const request = {
    secret: new Secret(secret),
    endpoint: body.model,
    api,
    body,
    requestId,
    signal,
    onRate: tellRate(reply),
    ...endUserOf(body),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(isStream ? { delivery: { send: (event: string) => events.send(event) } } : {}),
  };
  try {
    const { answered, rest, broke } = await handleRelay(deps.gateway, request);
    if (broke) throw broke;
    if (isStream) events.end(rest);
    else {
      if (answered.replayed) void reply.header("idempotent-replayed", "true");
      void reply.type("application/json; charset=utf-8").send(rest);
    }
  } catch (error) {
    if (!events.isOpen()) throw error; // nothing was sent yet: it is answered like any other refusal
    events.end(errorEvent(api, failureBody(error, reply.request)));
  }
  return {};
}

/** As each API tells an error in its stream; neither is followed by the mark of a good end. */
export function errorEvent(api: UpstreamApi, body: Json): string {
  const { error } = body;
  return api === "responses" ? eventText(api, { type: "error", ...(error as Json) }) : eventText(api, body);
}
