import { Refusal } from "../kernel/errors.ts";
import { canonicalJson, sha256 } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { assertStorable } from "../kernel/text.ts";
import type { GenerateOptions, Written } from "../models/index.ts";
import type { Target, TextOutput } from "../serve/index.ts";
import type { Gateway } from "./gateway.ts";
import { computeCost } from "./money-of-compute.ts";
import { type Answered, type Computed, handlePaid } from "./paid-request.ts";
import { type PaidRequest, checkIdempotencyKey } from "./request.ts";

/** One call of `POST /v1/completions`; `input` is the prompt. */
export interface CompletionRequest extends PaidRequest {
  readonly options: Omit<GenerateOptions, "prompt" | "seed">;
  /** Whether `onWritten` brings tokens to the caller. Else nothing is delivered before the end. */
  readonly streams: boolean;
  /** Without one, each request draws otherwise. */
  readonly seed?: number | undefined;
  /** Told before the first token; not of a replay. */
  readonly onStart?: ((started: Started) => void) | undefined;
  /** Each token as it is written, before it is paid for; none of a replay. */
  readonly onWritten?: ((written: Written) => void) | undefined;
}

export interface Started {
  readonly id: Id<"prediction">;
  readonly endpoint: string;
  readonly model: Id<"model">;
  readonly createdAtMs: number;
}

/** How long a hold outlives the longest text. */
const holdMarginMs = 30_000;

/**
 * A text that a language model writes, as a paid request. When the caller leaves, writing ends; what was delivered until
 * then is recorded and billed, nothing if that is nothing.
 */
export function handleCompletion(gateway: Gateway, request: CompletionRequest): Promise<Answered> {
  const { endpoint, input, options, seed } = request;
  return handlePaid(gateway, request, {
    check: () => checkCompletion(request),
    bodyHash: sha256(canonicalJson({ completion: { endpoint, input, options, seed: seed ?? null } })),
    holdMs: limits.completionMsMax + holdMarginMs,
    reserve: { predictions: 1, input_tokens: Buffer.byteLength(input), output_tokens: options.tokensMax },
    compute: async (id, route) => write(gateway, request, await route(), id),
  });
}

function checkCompletion({ input, idempotencyKey }: CompletionRequest): void {
  const most = limits.completionPromptCharsMax;
  if (input.length > most) {
    throw new Refusal("too_large", `The prompt has ${input.length} characters; at most ${most} are read.`, {
      param: "prompt",
    });
  }
  assertStorable(input, "prompt");
  checkIdempotencyKey(idempotencyKey);
}

async function write(
  gateway: Gateway,
  request: CompletionRequest,
  { release }: Target,
  id: Id<"prediction">,
): Promise<Computed> {
  const { endpoint, input, options, seed, requestId, signal, streams, onStart, onWritten } = request;
  onStart?.({ id, endpoint, model: release.model, createdAtMs: gateway.deps.clock.now() });
  const tooLong = AbortSignal.timeout(limits.completionMsMax);
  let [text, writtenTokens] = ["", 0];
  const { ending, computeMs } = await gateway.deps.serving.write(
    release.model,
    { ...options, prompt: input, seed: seed ?? requestId },
    {
      signal: signal ? AbortSignal.any([signal, tooLong]) : tooLong,
      onWritten(written) {
        text += written.text;
        writtenTokens++;
        onWritten?.(written);
      },
    },
  );
  const isCut = ending.reason === "cancelled";
  const hasLeft = isCut && signal?.aborted === true;
  if (hasLeft && (writtenTokens === 0 || !streams)) {
    throw new Refusal("cancelled", "The caller left before anything was delivered.");
  }
  if (isCut && writtenTokens === 0) {
    throw new Refusal("unavailable", "Nothing was written in time.", { retryAfterSeconds: 2 });
  }
  const output: TextOutput = {
    text: text + ending.text,
    finishReason: isCut && !hasLeft ? "length" : ending.reason,
    promptTokens: ending.promptTokens,
    writtenTokens,
  };
  const quantities = { predictions: 1, input_tokens: ending.promptTokens, output_tokens: writtenTokens };
  const costNanos = computeCost(computeMs, gateway.deps.computePriceNanosPerHour);
  const isDelivered = streams && writtenTokens > 0;
  const { id: source, model } = release;
  return { model, release: source, isDelivered, output, quantities, costNanos, computeMs, batchSize: 1 };
}
