import type { Id } from "../kernel/ids.ts";
import type { Answer, VectorAnswer } from "../models/index.ts";

/** One of a classifier's labels. */
export interface ClassOutput {
  readonly label: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Of a model that may refuse: whether it does; the label is then only its best guess. */
  readonly refused?: boolean;
}

/** A number, of a regression. */
export interface ValueOutput {
  readonly value: number;
}

/** What a language model wrote. */
export interface TextOutput {
  readonly text: string;
  /** `cancelled`: the caller left; the text is what was written until then. */
  readonly finishReason: "stop" | "length" | "cancelled";
  readonly promptTokens: number;
  readonly writtenTokens: number;
}

/** The words nearest to one, of word vectors. */
export interface NeighboursOutput {
  readonly neighbours: readonly { readonly word: string; readonly similarity: number }[];
}

/** Vectors of texts: how many there were, and what they say only where that must be found again. */
export interface VectorsOutput {
  /** How many. */
  readonly vectors: number;
  /** Numbers in each. */
  readonly width: number;
  readonly promptTokens: number;
  /** Each as float32 in base64, low byte first; null without an Idempotency-Key, and when they were too many. */
  readonly kept: readonly string[] | null;
}

/** What an upstream answered: its counts, and what it said only where that must be found again. */
export interface RelayedOutput {
  /** The door that was asked. */
  readonly relayed: "chat" | "responses" | "completions" | "embeddings";
  /** The upstream's word; `cancelled`: the caller left, `broken`: the upstream did. */
  readonly finishReason: string;
  readonly promptTokens: number;
  /** Of the prompt's. */
  readonly cachedTokens: number;
  readonly writtenTokens: number;
  /** Whether some of these were counted here, because the upstream did not say. */
  readonly estimated: boolean;
  /** By which its cost was computed; null where it cost nothing, from the cache. */
  readonly rateCard: Id<"upstreamRateCard"> | null;
  /** What was sent, to be sent again; null without an Idempotency-Key, and when it was too large or broken off. */
  readonly kept: KeptAnswer | null;
}

/** A whole answer, or the events of a stream, as they went to the customer. */
export type KeptAnswer =
  | { readonly kind: "answer"; readonly body: string }
  | { readonly kind: "stream"; readonly events: readonly string[] };

/** What a prediction says, as it is recorded and answered. */
export type PredictionOutput =
  | ClassOutput
  | ValueOutput
  | TextOutput
  | NeighboursOutput
  | VectorsOutput
  | RelayedOutput;

export function outputOf(labels: readonly string[], answer: Exclude<Answer, VectorAnswer>): PredictionOutput {
  if ("value" in answer) return { value: answer.value };
  if ("neighbours" in answer) return { neighbours: answer.neighbours };
  const { label, probability, probabilities, refused } = answer;
  return {
    label,
    probability,
    probabilities: Object.fromEntries(labels.map((name, i) => [name, probabilities[i] ?? 0])),
    ...(refused === undefined ? {} : { refused }),
  };
}

/** The answer as an example's label would be written: what a customer confirms or corrects. */
export function labelOf(output: PredictionOutput): string {
  if ("text" in output) return output.text;
  if ("relayed" in output || "vectors" in output) return "";
  if ("neighbours" in output) return output.neighbours[0]?.word ?? "";
  return "value" in output ? String(output.value) : output.label;
}

/** The probability of the answer; of a number or a text, which have none, one half. */
export function probabilityOf(output: PredictionOutput): number {
  return "probability" in output ? output.probability : 0.5;
}

/** How sure the model was, 0 to 1: not at all when it refused. */
export function certaintyOf(output: PredictionOutput): number {
  return "refused" in output && output.refused ? 0 : probabilityOf(output);
}
