import { Refusal, notFound } from "../../kernel/errors.ts";
import { newId } from "../../kernel/ids.ts";
import type { Currency, Nanos } from "../../kernel/money.ts";
import {
  type Forwarded,
  type Json,
  TryFailed,
  costOf,
  estimateInput,
  isObject,
  meterTokens,
  refusalOf,
} from "../../upstream/index.ts";
import type { Gateway } from "../gateway.ts";
import { recordChatTrial } from "./kept.ts";

/** One turn of a chat that the team tries. */
export interface ChatTrialAsk {
  readonly endpoint: string;
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  readonly temperature: number;
  readonly tokensMax: number;
  readonly currency: Currency;
  readonly signal: AbortSignal;
  /** A piece of the answer, as it comes. */
  readonly onText: (text: string) => void;
}

export interface ChatTrial {
  readonly model: string;
  readonly text: string;
  /** As the upstream says; `cancelled` when the caller left. */
  readonly finish: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether we counted in place of the upstream. */
  readonly isEstimated: boolean;
  readonly costNanos: Nanos;
  readonly currency: Currency;
}

type Stream = Extract<Forwarded, { kind: "stream" }>;

/**
 * Asks an endpoint's upstreams as a customer's request would, streamed, but for nobody: no key, no hold, no usage event. It costs
 * the upstream's price all the same, so what it cost is recorded, also when it is stopped or breaks off; what was asked is not.
 */
export async function askChatTrial(gateway: Gateway, ask: ChatTrialAsk): Promise<ChatTrial> {
  const { upstreams, clock } = gateway.deps;
  const route = await upstreams.route(ask.endpoint);
  if (!route) throw notFound("route", ask.endpoint);
  const id = newId("trial", clock.now());
  const body: Json = { messages: ask.messages, temperature: ask.temperature, max_tokens: ask.tokensMax };
  const { currency, signal } = ask;
  const forwarded = await upstreams.forward({ route, api: "chat", body, stream: true, currency, seed: id, signal });
  if (forwarded.kind !== "stream") throw new Error("Invariant broken: a stream was asked for");
  const { text, failure } = await read(forwarded, ask);
  const trial = trialOf(forwarded, body, { text, isWhole: failure === undefined, currency });
  await recordChatTrial(gateway.deps.store, { id, endpoint: ask.endpoint, trial, nowMs: clock.now() });
  if (failure && failure.code !== "cancelled") throw failure;
  return failure ? { ...trial, finish: "cancelled" } : trial;
}

async function read(
  { first, rest }: Stream,
  { signal, onText }: ChatTrialAsk,
): Promise<{ readonly text: string; readonly failure: Refusal | undefined }> {
  let text = "";
  try {
    for (let message: Json | undefined = first; message; message = await rest.next()) {
      if (signal.aborted) {
        rest.abort();
        return { text, failure: refusalOf({ kind: "cancelled" }) };
      }
      const piece = pieceOf(message);
      text += piece;
      if (piece !== "") onText(piece);
    }
    return { text, failure: undefined };
  } catch (error) {
    if (error instanceof TryFailed) return { text, failure: refusalOf(error.failure) };
    throw error;
  }
}

/** What one event of a chat adds to the answer. */
function pieceOf({ choices }: Json): string {
  const [choice] = Array.isArray(choices) ? (choices as readonly unknown[]) : [];
  const delta = isObject(choice) ? choice["delta"] : undefined;
  const content = isObject(delta) ? delta["content"] : undefined;
  return typeof content === "string" ? content : "";
}

interface Read {
  readonly text: string;
  readonly isWhole: boolean;
  readonly currency: Currency;
}

function trialOf({ rest, target, card, elapsedMs }: Stream, body: Json, { text, isWhole, currency }: Read): ChatTrial {
  const { told, output, finish = "stop" } = rest.heard();
  const local = { input: told?.input === undefined ? estimateInput(body) : 0, output: output.tokens() };
  const tokens = meterTokens(told, local, isWhole);
  return {
    model: `${target.upstream.name}/${target.model.name}`,
    text,
    finish,
    inputTokens: tokens.inputTokens + tokens.cachedInputTokens,
    outputTokens: tokens.outputTokens,
    isEstimated: tokens.estimated,
    costNanos: costOf(card, { ...tokens, elapsedMs: elapsedMs() }),
    currency,
  };
}
