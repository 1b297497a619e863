import { z } from "zod";
import { accuracyByFeedback, wilson } from "../../feedback/index.ts";
import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import { type Endpoint, type LiveRelease, getEndpoint, trafficOf } from "../../serve/index.ts";
import { openEventWriter } from "../doors/events.ts";
import { failureBody } from "../failures.ts";
import { inputOf, inputShape } from "../inputs.ts";
import { outputOf, outputShape } from "../predictions.ts";
import { type Route, route } from "../route.ts";
import { metric, name, unixMs } from "../shapes.ts";

const tag = "Endpoints";
const nameParams = z.strictObject({ name });

const trafficShape = z.strictObject({
  object: z.literal("traffic"),
  endpoint: z.string(),
  from_ms: unixMs,
  to_ms: unixMs,
  step_ms: z.number().int(),
  data: z.array(
    z.strictObject({
      from_ms: unixMs,
      release: z.string(),
      model: z.string(),
      shadow: z.boolean().describe("Computed beside the answer; never answered or billed."),
      answers: z.number().int(),
      cut_off: z.number().int().describe("Of these, what an upstream or the caller broke off."),
      latency_ms_mean: z.number(),
      latency_ms_p50: z.number(),
      latency_ms_p95: z.number(),
    }),
  ),
  quality: z
    .array(z.strictObject({ release: z.string(), model: z.string(), accuracy: metric, reviewed: z.number().int() }))
    .describe("Of the answers whose truth a person settled, how many were right: Wilson 95 %; biased by complaints."),
});

const traffic = route({
  method: "GET",
  path: "/admin/v1/endpoints/:name/traffic",
  who: "operator",
  area: "endpoints",
  tag,
  summary: "What each release answered, how fast, and how often it was right, by steps of time",
  params: nameParams,
  query: z.strictObject({
    from_ms: z.coerce.number().int().min(0),
    to_ms: z.coerce.number().int().min(0).optional().describe("Now when left out."),
    step_ms: z.coerce.number().int().min(limits.trafficStepMsMin),
  }),
  response: trafficShape,
  async handle({ deps, params, query: { from_ms, to_ms = deps.clock.now(), step_ms } }) {
    const range = { endpoint: params.name, fromMs: from_ms, toMs: Math.min(to_ms, deps.clock.now() + step_ms) };
    if ((range.toMs - from_ms) / step_ms > limits.trafficStepsMax) {
      throw new Refusal("invalid_request", `That is more than ${limits.trafficStepsMax} steps.`, {
        param: "step_ms",
        hint: "Ask for a shorter time or longer steps.",
      });
    }
    const rows = await trafficOf(deps.store.aside, { ...range, stepMs: step_ms });
    return {
      object: "traffic" as const,
      endpoint: params.name,
      from_ms,
      to_ms: range.toMs,
      step_ms,
      data: rows.map((row) => ({
        from_ms: row.fromMs,
        release: row.release,
        model: row.model,
        shadow: row.isShadow,
        answers: row.answers,
        cut_off: row.cutOff,
        latency_ms_mean: row.latencyMsMean,
        latency_ms_p50: row.latencyMsP50,
        latency_ms_p95: row.latencyMsP95,
      })),
      quality: qualityOf(
        await accuracyByFeedback(deps.store.aside, { sinceMs: from_ms, untilMs: range.toMs, endpoint: params.name }),
      ),
    };
  },
});

/** Of each release over all its customers. */
function qualityOf(rows: Awaited<ReturnType<typeof accuracyByFeedback>>): z.input<typeof trafficShape>["quality"] {
  const counts = new Map<string, { readonly model: string; readonly right: number; readonly n: number }>();
  for (const { release, model, reviewed } of rows) {
    if (!reviewed) continue;
    const { right = 0, n = 0 } = counts.get(release) ?? {};
    counts.set(release, { model, right: right + reviewed.successes, n: n + reviewed.n });
  }
  return [...counts].flatMap(([release, { model, right, n }]) => {
    const accuracy = wilson(right, n);
    if (!accuracy) return [];
    const { value, low, high } = accuracy;
    return [{ release, model, accuracy: { value, low, high }, reviewed: n }];
  });
}

/** A live release of the endpoint: its champion, or the one that is named. */
function releaseOf(endpoint: Endpoint, wanted: string | undefined): LiveRelease {
  const live = [endpoint.champion, ...endpoint.challengers, ...endpoint.shadows];
  const found = wanted === undefined ? endpoint.champion : live.find(({ id }) => id === wanted);
  if (found) return found;
  throw new Refusal("not_found", `${endpoint.name} has no live release "${wanted}".`, { param: "release" });
}

const release = z.string().max(100).optional().describe("A live release; the champion when left out.");

const tryOut = route({
  method: "POST",
  path: "/admin/v1/endpoints/:name/try",
  who: "operator",
  area: "endpoints",
  access: "read",
  tag,
  summary: "Ask one of an endpoint's own models; nothing is recorded or billed",
  params: nameParams,
  body: z.strictObject({ input: inputShape, release }),
  response: z.strictObject({
    object: z.literal("trial_answer"),
    release: z.string(),
    model: z.string(),
    output: outputShape,
    compute_ms: z.number(),
    billed: z.literal(false),
  }),
  ownIdempotency: true, // nothing happens that a second call would do twice, and what was asked is not kept
  async handle({ deps, params, body, signal }) {
    const { id, model } = releaseOf(await getEndpoint(deps.store, params.name), body.release);
    const { input, inputKind } = inputOf(body.input);
    const { output, computeMs } = await deps.serving.infer(model, input, { signal, kind: inputKind });
    return {
      object: "trial_answer" as const,
      release: id,
      model,
      output: outputOf(output),
      compute_ms: computeMs,
      billed: false as const,
    };
  },
});

const write = route({
  method: "POST",
  path: "/admin/v1/endpoints/:name/try-writing",
  who: "operator",
  area: "endpoints",
  access: "read",
  tag,
  summary: "Let one of an endpoint's own language models write on, streamed; nothing is recorded or billed",
  params: nameParams,
  body: z.strictObject({
    prompt: z.string().max(limits.predictionInputCharsMax),
    release,
    tokens_max: z.number().int().min(1).max(limits.completionTokensMax).default(128),
    temperature: z.number().min(0).max(2).default(1),
    seed: z.number().int().optional().describe("The same seed and prompt write the same."),
  }),
  response: z
    .strictObject({
      object: z.literal("trial_text"),
      text: z.string(),
      finish_reason: z.enum(["stop", "length", "cancelled"]),
      prompt_tokens: z.number().int(),
      completion_tokens: z.number().int(),
      billed: z.literal(false),
    })
    .describe("The last of the server-sent events; those before it say `{ text }`."),
  ownIdempotency: true,
  async handle({ deps, params, body, signal, reply, requestId }) {
    const { model } = releaseOf(await getEndpoint(deps.store, params.name), body.release);
    const events = openEventWriter(reply);
    let text = "";
    try {
      const { ending } = await deps.serving.write(
        model,
        {
          prompt: body.prompt,
          tokensMax: body.tokens_max,
          temperature: body.temperature,
          topK: 0,
          topP: 1,
          stops: [],
          seed: body.seed ?? requestId,
          alternatives: 0,
        },
        {
          signal,
          onWritten(token) {
            text += token.text;
            if (token.text) void events.send(`data: ${JSON.stringify({ text: token.text })}\n\n`);
          },
        },
      );
      const answer = {
        object: "trial_text" as const,
        text: text + ending.text,
        finish_reason: ending.reason,
        prompt_tokens: ending.promptTokens,
        completion_tokens: ending.writtenTokens,
        billed: false as const,
      };
      events.end(`data: ${JSON.stringify(answer)}\n\n`);
      return answer;
    } catch (error) {
      if (!events.isOpen()) throw error;
      events.end(`data: ${JSON.stringify(failureBody(error, reply.request))}\n\n`);
      return {
        object: "trial_text" as const,
        text,
        finish_reason: "cancelled" as const,
        prompt_tokens: 0,
        completion_tokens: 0,
        billed: false as const,
      };
    }
  },
});

export const watchEndpointRoutes: readonly Route[] = [traffic, tryOut, write];
