import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import type { KeptAnswer, RelayedOutput } from "../../serve/index.ts";
import {
  type Forwarded,
  type MeteredTokens,
  TryFailed,
  costOf,
  estimateInput,
  meterTokens,
  refusalOf,
} from "../../upstream/index.ts";
import type { Computed } from "../paid-request.ts";
import type { RelayPlan } from "./relay.ts";
import { quantitiesOf } from "./reserve.ts";
import {
  type Telling,
  doneText,
  eventText,
  isLast,
  tellingOf,
  toldAnswer,
  toldMessage,
  usageMessage,
} from "./rewrite.ts";

/** The way to the customer. */
export interface Delivery {
  /** An event as it is written; waits while the customer cannot take more. */
  send(event: string): Promise<void> | void;
}

export type RelayedComputed = Computed & { readonly output: RelayedOutput };

/** What came of it, and what was said: of a stream the last event, which is still to be sent, is the last of them. */
export interface Done {
  readonly computed: RelayedComputed;
  readonly said: KeptAnswer | undefined;
}

/** Asks for a whole answer. */
export async function relayAnswer(plan: RelayPlan, id: Id<"prediction">): Promise<Done> {
  const { gateway, request } = plan;
  const forwarded = await gateway.deps.upstreams.forward(forwardOf(plan, id, false));
  if (forwarded.kind !== "answer") throw new Error("Invariant broken: a whole answer was asked for");
  const { told, localOutput, message, finish = "stop" } = forwarded;
  const local = {
    input: told?.input === undefined ? estimateInput(request.body) : 0,
    output: told?.output === undefined ? localOutput() : 0,
  };
  const tokens = meterTokens(told, local, true);
  const telling = tellingOf(request.api, id, request.endpoint, request.body);
  const body = JSON.stringify(toldAnswer(telling, message, tokens));
  return { computed: computedOf(plan, forwarded, tokens, finish, false), said: { kind: "answer", body } };
}

/** Streams. The event that ends it is not sent: the answer is recorded first. */
export async function relayStream(
  plan: RelayPlan,
  id: Id<"prediction">,
  delivery: Delivery,
  keeps: boolean,
): Promise<Done> {
  const { gateway, request } = plan;
  const { api, body, endpoint } = request;
  const forwarded = await gateway.deps.upstreams.forward(forwardOf(plan, id, true));
  if (forwarded.kind !== "stream") throw new Error("Invariant broken: a stream was asked for");
  const telling = tellingOf(api, id, endpoint, body);
  const flow: Flow = { events: [], last: undefined, sent: 0 };
  const cut = await pump(plan, forwarded, telling, { flow, delivery, keeps });
  if (cut !== undefined && flow.sent === 0)
    throw cut === "cancelled" ? left() : refusalOf({ kind: "broken", reason: "" });
  const { told, output, finish = "stop" } = forwarded.rest.heard();
  const local = { input: told?.input === undefined ? estimateInput(body) : 0, output: output.tokens() };
  const tokens = meterTokens(told, local, cut === undefined);
  if (cut === undefined && telling.tellsUsage && told === undefined && api !== "responses") {
    await say(eventText(api, usageMessage(telling, tokens, gateway.deps.clock.now())), { flow, delivery, keeps });
  }
  const end = flow.last ?? (api === "responses" ? "" : doneText);
  const isWhole = cut === undefined;
  const said = isWhole ? { kind: "stream" as const, events: [...flow.events, end] } : undefined;
  return { computed: computedOf(plan, forwarded, tokens, cut ?? finish, true), said };
}

const left = (): Refusal => new Refusal("cancelled", "The caller left before anything was delivered.");

function forwardOf({ request, who, route }: RelayPlan, id: Id<"prediction">, stream: boolean) {
  const { api, body, signal } = request;
  return { route, api, body, stream, currency: who.grant.currency, seed: id, signal };
}

interface Flow {
  /** What was sent, where it is kept. */
  readonly events: string[];
  /** The event that ends it, held back. */
  last: string | undefined;
  sent: number;
}

interface Way {
  readonly flow: Flow;
  readonly delivery: Delivery;
  readonly keeps: boolean;
}

/** Message by message; undefined when the stream came to its end, else how it was cut. */
async function pump(
  { request, gateway }: RelayPlan,
  { first, rest }: Extract<Forwarded, { kind: "stream" }>,
  telling: Telling,
  way: Way,
): Promise<"cancelled" | "broken" | undefined> {
  const { api, signal } = request;
  try {
    for (let message: typeof first | undefined = first; message; message = await rest.next()) {
      if (signal?.aborted) {
        rest.abort();
        return "cancelled";
      }
      const told = toldMessage(telling, message);
      if (!told) continue;
      if (isLast(api, told)) way.flow.last = eventText(api, told);
      else await say(eventText(api, told), way);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof TryFailed)) throw error;
    if (error.failure.kind === "cancelled") return "cancelled";
    gateway.deps.log.warn(
      { endpoint: request.endpoint, failure: error.failure.kind },
      "an upstream died while it answered",
    );
    return "broken";
  }
}

async function say(event: string, { flow, delivery, keeps }: Way): Promise<void> {
  const sending = delivery.send(event);
  flow.sent++;
  if (keeps) flow.events.push(event);
  if (sending) await sending;
}

function computedOf(
  { request, route }: RelayPlan,
  forwarded: Forwarded,
  tokens: MeteredTokens,
  finishReason: string,
  isDelivered: boolean,
): RelayedComputed {
  const { target, card } = forwarded;
  const elapsedMs = forwarded.elapsedMs();
  const { inputTokens, cachedInputTokens, outputTokens, estimated } = tokens;
  return {
    model: target.model.id,
    release: route.id,
    isDelivered,
    output: {
      relayed: request.api,
      finishReason,
      promptTokens: inputTokens + cachedInputTokens,
      cachedTokens: cachedInputTokens,
      writtenTokens: outputTokens,
      estimated,
      rateCard: card.id,
      kept: null,
    },
    quantities: quantitiesOf(tokens),
    costNanos: costOf(card, { ...tokens, elapsedMs }),
    computeMs: elapsedMs,
    batchSize: 1,
  };
}
