import { z } from "zod";
import { type FailureStep, failuresOfCustomer, failuresOfEndpoint } from "../../gateway/index.ts";
import { Refusal, refusalCodes } from "../../kernel/errors.ts";
import { dayMs } from "../../kernel/clock.ts";
import { limits } from "../../kernel/limits.ts";
import { type Route, route } from "../route.ts";
import { name, unixMs } from "../shapes.ts";
import { customerOf } from "./customer.ts";

const minuteMs = 60_000;
const code = z
  .enum([...(Object.keys(refusalCodes) as (keyof typeof refusalCodes)[]), "internal_error"])
  .describe("The error's code, see /docs/errors.");

const stepQuery = z.strictObject({
  from_ms: z.coerce.number().int().min(0).describe("Counts are by the minute: it is rounded down to one."),
  to_ms: z.coerce.number().int().min(0).optional().describe("Now when left out."),
  step_ms: z.coerce.number().int().min(minuteMs),
});

const stepsShape = z.strictObject({
  object: z.literal("request_failures"),
  from_ms: unixMs,
  to_ms: unixMs,
  step_ms: z.number().int(),
  data: z.array(z.strictObject({ from_ms: unixMs, code, requests: z.number().int() })),
});

type Range = z.output<typeof stepQuery>;

function rangeOf({ from_ms, to_ms, step_ms }: Range, nowMs: number) {
  const fromMs = Math.floor(from_ms / minuteMs) * minuteMs;
  const toMs = Math.min(to_ms ?? nowMs, nowMs) + (to_ms === undefined ? minuteMs : 0);
  if ((toMs - fromMs) / step_ms <= limits.trafficStepsMax) return { fromMs, toMs, stepMs: step_ms };
  throw new Refusal("invalid_request", `That is more than ${limits.trafficStepsMax} steps.`, {
    param: "step_ms",
    hint: "Ask for a shorter time or longer steps.",
  });
}

const stepsOf = (
  { fromMs, toMs, stepMs }: ReturnType<typeof rangeOf>,
  steps: readonly FailureStep[],
): z.input<typeof stepsShape> => ({
  object: "request_failures",
  from_ms: fromMs,
  to_ms: toMs,
  step_ms: stepMs,
  data: steps.map((step) => ({ from_ms: step.fromMs, code: step.code, requests: step.requests })),
});

/** For the team. */
export const requestFailureRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/admin/v1/endpoints/:name/failures",
    who: "operator",
    area: "endpoints",
    tag: "Endpoints",
    summary: "How many requests to an endpoint ended without an answer, by the error's code and steps of time",
    params: z.strictObject({ name }),
    query: stepQuery,
    response: stepsShape,
    async handle({ deps, params, query }) {
      const range = rangeOf(query, deps.clock.now());
      return stepsOf(range, await failuresOfEndpoint(deps.store.aside, { ...range, endpoint: params.name }));
    },
  }),
  route({
    method: "GET",
    path: "/admin/v1/unplaced-failures",
    who: "operator",
    area: "endpoints",
    tag: "Endpoints",
    summary: "How many requests were refused before their endpoint was known: wrong keys, broken bodies",
    query: stepQuery,
    response: stepsShape,
    async handle({ deps, query }) {
      const range = rangeOf(query, deps.clock.now());
      return stepsOf(range, await failuresOfEndpoint(deps.store.aside, { ...range, endpoint: "" }));
    },
  }),
];

/** For a customer, by key and by session. */
export const ownFailureRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/failures",
    who: "customer",
    tag: "For customers",
    summary: "Which of your requests ended without an answer, by endpoint and the error's code; none of them is billed",
    query: z.strictObject({
      from_ms: z.coerce.number().int().min(0).optional(),
      to_ms: z.coerce.number().int().min(0).optional(),
    }),
    response: z.strictObject({
      object: z.literal("failures"),
      from_ms: unixMs,
      to_ms: unixMs,
      data: z.array(
        z.strictObject({
          endpoint: z.string().nullable().describe("Null: refused before it was known to be yours."),
          code,
          requests: z.number().int(),
          last_at_ms: unixMs.describe("The minute of the newest."),
        }),
      ),
    }),
    async handle(call) {
      const toMs = call.query.to_ms ?? call.deps.clock.now() + 1;
      const fromMs = call.query.from_ms ?? Math.max(0, toMs - limits.usageDaysShown * dayMs);
      const asked = { customer: await customerOf(call), fromMs, toMs, limit: limits.failureReasonsMax };
      const found = await failuresOfCustomer(call.deps.store.aside, asked);
      return {
        object: "failures" as const,
        from_ms: fromMs,
        to_ms: toMs,
        data: found.map((reason) => ({
          endpoint: reason.endpoint || null,
          code: reason.code,
          requests: reason.requests,
          last_at_ms: reason.lastMs,
        })),
      };
    },
  }),
];
