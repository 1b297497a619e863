import { z } from "zod";
import { type ChatTrial, askChatTrial, chatTrialCosts } from "../../gateway/index.ts";
import { limits } from "../../kernel/limits.ts";
import { openEventWriter } from "../doors/events.ts";
import { failureBody } from "../failures.ts";
import { type Route, route } from "../route.ts";
import { money, moneyOf, name, unixMs } from "../shapes.ts";

const tag = "Upstreams";
const params = z.strictObject({ endpoint: name });

const trialShape = z
  .strictObject({
    object: z.literal("chat_trial"),
    model: z.string().describe("Which upstream answered: `upstream/model`."),
    text: z.string(),
    finish_reason: z.string(),
    input_tokens: z.number().int(),
    output_tokens: z.number().int(),
    estimated: z.boolean().describe("The upstream told no counts; these are ours."),
    cost: money.describe("What the upstream charges you; no customer is billed."),
  })
  .describe("The last of the server-sent events; those before it say `{ text }`.");

const nothing = {
  object: "chat_trial",
  model: "",
  text: "",
  input_tokens: 0,
  output_tokens: 0,
  estimated: false,
} as const;

const shapeOf = (trial: ChatTrial): z.input<typeof trialShape> => ({
  object: "chat_trial",
  model: trial.model,
  text: trial.text,
  finish_reason: trial.finish,
  input_tokens: trial.inputTokens,
  output_tokens: trial.outputTokens,
  estimated: trial.isEstimated,
  cost: moneyOf(trial.costNanos, trial.currency),
});

/** The team tries what upstreams answer. */
export const chatTrialRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/admin/v1/routes/:endpoint/try",
    who: "operator",
    area: "endpoints",
    tag,
    summary:
      "Chat with an endpoint's upstreams, streamed; you pay the upstream, what it cost is recorded, no customer is billed",
    params,
    body: z.strictObject({
      messages: z
        .array(
          z.strictObject({
            role: z.enum(["system", "user", "assistant"]),
            content: z.string().max(limits.chatTrialCharsMax),
          }),
        )
        .min(1)
        .max(limits.chatTrialMessagesMax),
      temperature: z.number().min(0).max(2).default(1),
      tokens_max: z.number().int().min(1).max(limits.chatTrialTokensMax).default(512),
    }),
    response: trialShape,
    ownIdempotency: true, // an answer that was streamed is not kept
    async handle({ deps, params: { endpoint }, body, signal, reply }) {
      const events = openEventWriter(reply);
      try {
        const trial = await askChatTrial(deps.gateway, {
          endpoint,
          messages: body.messages,
          temperature: body.temperature,
          tokensMax: body.tokens_max,
          currency: deps.currency,
          signal,
          onText: (text) => void events.send(`data: ${JSON.stringify({ text })}\n\n`),
        });
        const answer = shapeOf(trial);
        events.end(`data: ${JSON.stringify(answer)}\n\n`);
        return answer;
      } catch (error) {
        if (!events.isOpen()) throw error;
        events.end(`data: ${JSON.stringify(failureBody(error, reply.request))}\n\n`);
        return { ...nothing, finish_reason: "failed", cost: moneyOf(0n, deps.currency) }; // it was told by the stream
      }
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/routes/:endpoint/trial-costs",
    who: "operator",
    area: "endpoints",
    tag,
    summary: "What the team's trials of an endpoint's upstreams cost since a time",
    params,
    query: z.strictObject({ from_ms: z.coerce.number().int().min(0) }),
    response: z.strictObject({
      object: z.literal("trial_costs"),
      from_ms: unixMs,
      data: z.array(z.strictObject({ trials: z.number().int(), cost: money })).describe("By currency."),
    }),
    async handle({ deps, params: { endpoint }, query }) {
      const costs = await chatTrialCosts(deps.store, { endpoint, sinceMs: query.from_ms });
      return {
        object: "trial_costs" as const,
        from_ms: query.from_ms,
        data: costs.map(({ trials, costNanos, currency }) => ({ trials, cost: moneyOf(costNanos, currency) })),
      };
    },
  }),
];
