import { Refusal } from "../kernel/errors.ts";
import { canonicalJson, sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { assertStorable } from "../kernel/text.ts";
import type { VectorFacts } from "../models/index.ts";
import type { Quantities } from "../sell/index.ts";
import type { Embedding, Target, VectorsOutput } from "../serve/index.ts";
import type { Gateway } from "./gateway.ts";
import { computeCost } from "./money-of-compute.ts";
import { type Answered, type Computed, type Kind, handlePaid } from "./paid-request.ts";
import { notKept } from "./replay.ts";
import { type PaidRequest, checkIdempotencyKey } from "./request.ts";

/** One call of `POST /v1/embeddings` that an own model answers. */
export interface EmbeddingRequest extends Omit<PaidRequest, "input" | "inputKind"> {
  readonly texts: readonly string[];
  /** How many numbers each vector is to have; a model has one width. */
  readonly dimensions?: number | undefined;
}

export interface Embedded {
  readonly answered: Answered;
  /** Of each text, float32 in base64, low byte first. */
  readonly vectors: readonly string[];
  readonly tokens: number;
}

/** How long a hold outlives the longest work. */
const holdMarginMs = 30_000;

/**
 * Vectors of texts, as a paid request. A text is one prediction, its tokens are those its model reads. Held for as many as
 * there can be, settled with what was read.
 */
export async function handleEmbedding(gateway: Gateway, request: EmbeddingRequest): Promise<Embedded> {
  const { texts } = request;
  const [only] = texts;
  const paid: PaidRequest = {
    ...request,
    input: texts.length === 1 && only !== undefined ? only : JSON.stringify(texts),
  };
  let said: readonly string[] | undefined; // of this call; a replay's are with its prediction
  const answered = await handlePaid(gateway, paid, async (who) => {
    checkTexts(request);
    const target = await gateway.deps.serving.route(request.endpoint, who.grant.customer, request.requestId);
    return kindOf(gateway, request, target, (vectors) => (said = vectors));
  });
  const { output } = answered.answer;
  if (!("vectors" in output)) throw notKept(); // the key was used when another kind of model answered here
  const vectors = answered.replayed ? output.kept : said;
  if (!vectors) throw notKept();
  return { answered, vectors, tokens: output.promptTokens };
}

async function kindOf(
  gateway: Gateway,
  request: EmbeddingRequest,
  { release }: Target,
  onSaid: (vectors: readonly string[]) => void,
): Promise<Kind> {
  const { endpoint, texts, dimensions, idempotencyKey, signal } = request;
  const facts = await gateway.deps.serving.vectors(release.model);
  assertWidth(facts, dimensions);
  return {
    check: () => checkIdempotencyKey(idempotencyKey),
    bodyHash: sha256(canonicalJson({ embedding: { endpoint, texts, dimensions: dimensions ?? null } })),
    holdMs: limits.embeddingMsMax + holdMarginMs,
    reserve: quantitiesOf(texts, mostTokens(facts, texts)),
    async compute(): Promise<Computed> {
      const embedding = await embed(gateway, release.model, texts, signal);
      const said = embedding.vectors.map(base64Of);
      onSaid(said);
      const output: VectorsOutput = {
        vectors: said.length,
        width: facts.width,
        promptTokens: embedding.tokens,
        kept: idempotencyKey === undefined ? null : keepable(said),
      };
      const { computeMs, batchSize } = embedding;
      const quantities = quantitiesOf(texts, embedding.tokens);
      const costNanos = computeCost(computeMs, gateway.deps.computePriceNanosPerHour);
      return { model: release.model, release: release.id, output, quantities, costNanos, computeMs, batchSize };
    },
  };
}

function checkTexts({ texts }: EmbeddingRequest): void {
  const { embeddingTextsMax, embeddingTextCharsMax, embeddingCharsMax } = limits;
  const tooLarge = (message: string): Refusal => new Refusal("too_large", message, { param: "input" });
  if (texts.length > embeddingTextsMax) {
    throw tooLarge(`The input has ${texts.length} texts; at most ${embeddingTextsMax} are read.`);
  }
  let all = 0;
  for (const [i, text] of texts.entries()) {
    const name = texts.length === 1 ? "The input" : `Text ${i}`;
    if (text === "") throw new Refusal("invalid_request", `${name} is empty.`, { param: "input" });
    if (text.length > embeddingTextCharsMax) {
      throw tooLarge(`${name} has ${text.length} characters; at most ${embeddingTextCharsMax} are read.`);
    }
    assertStorable(text, "input");
    all += text.length;
  }
  if (all > embeddingCharsMax) {
    throw tooLarge(`The texts have ${all} characters together; at most ${embeddingCharsMax} are read.`);
  }
}

function assertWidth({ width }: VectorFacts, dimensions: number | undefined): void {
  if (dimensions === undefined || dimensions === width) return;
  throw new Refusal("invalid_request", `This endpoint's vectors have ${width} numbers; they are not shortened.`, {
    param: "dimensions",
    hint: `Leave dimensions out, or say ${width}.`,
  });
}

const quantitiesOf = ({ length }: readonly string[], tokens: number): Quantities => ({
  predictions: length,
  input_tokens: tokens,
});

/**
 * No text has more tokens than characters once they are taken apart (NFKD), but for its marks and one that a tokenizer may
 * put before it; and none is read beyond the model's length.
 */
function mostTokens({ lengthMax, marks }: VectorFacts, texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.min(lengthMax, text.normalize("NFKD").length + marks + 1), 0);
}

async function embed(
  { deps }: Gateway,
  model: Id<"model">,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Embedding> {
  const tooLong = AbortSignal.timeout(limits.embeddingMsMax);
  try {
    return await deps.serving.embed(model, texts, { signal: signal ? AbortSignal.any([signal, tooLong]) : tooLong });
  } catch (error) {
    if (!tooLong.aborted || signal?.aborted === true) throw error;
    throw new Refusal("unavailable", "The vectors were not ready in time.", {
      hint: "Ask for fewer texts at once.",
      retryAfterSeconds: 2,
    });
  }
}

function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, x] of vector.entries()) bytes.writeFloatLE(x, i * 4);
  return bytes.toString("base64");
}

/** What an answer written as base64 says. */
export function numbersOf(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}

function keepable(said: readonly string[]): readonly string[] | null {
  const chars = said.reduce((sum, text) => sum + text.length, 0);
  return chars <= limits.keptAnswerCharsMax ? said : null;
}
