import { dayMs } from "../../kernel/clock.ts";
import { z } from "zod";
import { listFeedback, recordFeedback } from "../../feedback/index.ts";
import { authorizeRequest, handlePrediction } from "../../gateway/index.ts";
import type { Id } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { Secret } from "../../kernel/secret.ts";
import {
  balanceOfCustomer,
  getCustomer,
  getInvoice,
  listInvoices,
  usageByDay,
  usageByPeriod,
} from "../../sell/index.ts";
import { getPrediction, listPredictions } from "../../serve/index.ts";
import { tellRate } from "../rate-headers.ts";
import { imageShape, inputOf, inputShape } from "../inputs.ts";
import { invoiceOf, invoiceShape } from "../invoices.ts";
import { customerOfUser } from "../actor.ts";
import { type Call, type Route, route } from "../route.ts";
import { idParams, listOf, money, moneyOf, name, pageOf, pageQuery, pageShape, unixMs } from "../shapes.ts";
import { outputOf, outputShape, predictionOf, predictionShape } from "../predictions.ts";
import { quantitiesShape, usageOf, usageShape } from "../usage.ts";
import { feedbackOf, feedbackShape, signalShape } from "./learning.ts";

const tag = "For customers";

/** The customer whose key was sent, or whose user is signed in: every query below is scoped to it. */
export async function customerOf({
  deps,
  secret,
  actor,
}: Pick<Call<never, never, never>, "deps" | "secret" | "actor">): Promise<Id<"customer">> {
  if (actor.kind === "user") return customerOfUser(actor.user);
  return (await authorizeRequest(deps.gateway, new Secret(secret))).customer;
}

const answerShape = z.strictObject({
  object: z.literal("prediction"),
  id: z.string(),
  endpoint: z.string(),
  model: z.string().describe("The version that answered."),
  release: z.string(),
  output: outputShape,
  usage: usageShape,
  created_at_ms: unixMs,
});

export const customerRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/predictions",
    who: "customer",
    tag,
    summary: "Ask an endpoint; recorded and metered before the answer ends",
    body: z.strictObject({
      endpoint: name,
      input: inputShape,
      user: z
        .string()
        .min(1)
        .max(limits.endUserCharsMax)
        .optional()
        .describe("Which of your users it is for, in your words: its budget pays. Better an id than an address."),
    }),
    response: answerShape,
    ownIdempotency: true,
    asks: true,
    async handle({ deps, body, secret, idempotencyKey, requestId, signal, reply }) {
      if (typeof body.input !== "string") await authorizeRequest(deps.gateway, new Secret(secret)); // before an image is decoded
      const { answer, replayed } = await handlePrediction(deps.gateway, {
        secret: new Secret(secret),
        endpoint: body.endpoint,
        ...inputOf(body.input),
        requestId,
        signal,
        onRate: tellRate(reply),
        ...(body.user === undefined ? {} : { endUser: body.user }),
        ...(idempotencyKey ? { idempotencyKey } : {}),
      });
      if (replayed) void reply.header("idempotent-replayed", "true");
      return {
        object: "prediction" as const,
        id: answer.id,
        endpoint: answer.endpoint,
        model: answer.model,
        release: answer.release,
        output: outputOf(answer.output),
        usage: usageOf(answer.usage),
        created_at_ms: answer.createdAtMs,
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/predictions",
    who: "customer",
    tag,
    summary: "List your predictions, newest first",
    query: pageQuery,
    response: listOf(predictionShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit: limit + 1, ...(cursor ? { before: cursor } : {}) };
      return pageOf(await listPredictions(call.deps.store, page), limit, predictionOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/predictions/:id",
    who: "customer",
    tag,
    summary: "Get one of your predictions",
    params: idParams,
    response: predictionShape,
    handle: async (call) =>
      predictionOf(await getPrediction(call.deps.store, { customer: await customerOf(call), id: call.params.id })),
  }),
  route({
    method: "POST",
    path: "/v1/feedback",
    who: "customer",
    tag,
    summary: "Say whether an answer was right; it is how the model gets better",
    body: z.strictObject({
      prediction: z.string(),
      signal: signalShape,
      source: name.optional().describe("Who of your users says so, in your words."),
      input: z
        .union([
          z.strictObject({ text: z.string().min(1).max(limits.predictionInputCharsMax), consent: z.literal(true) }),
          imageShape.extend({ consent: z.literal(true) }),
        ])
        .optional()
        .describe(
          "The text or image that was asked, if you do not let us keep it, with your consent to learn from it.",
        ),
    }),
    status: 201,
    response: feedbackShape,
    async handle(call) {
      const { prediction, signal, source, input } = call.body;
      const feedback = await recordFeedback(call.deps.store, {
        customer: await customerOf(call),
        prediction,
        signal,
        nowMs: call.deps.clock.now(),
        ...(source ? { source } : {}),
        ...(input
          ? { input: { text: "text" in input ? input.text : inputOf({ image: input.image }).input, consent: true } }
          : {}),
      });
      return feedbackOf(feedback);
    },
  }),
  route({
    method: "GET",
    path: "/v1/feedback",
    who: "customer",
    tag,
    summary: "List your feedback, newest first",
    query: pageQuery.extend({ prediction: z.string().optional() }),
    response: listOf(feedbackShape),
    async handle(call) {
      const { limit, cursor, prediction } = call.query;
      const page = {
        customer: await customerOf(call),
        limit: limit + 1,
        ...(prediction ? { prediction } : {}),
        ...(cursor ? { before: cursor } : {}),
      };
      return pageOf(await listFeedback(call.deps.store, page), limit, feedbackOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/usage",
    who: "customer",
    tag,
    summary: "What you used: by billing period, and by day",
    query: z.strictObject({
      from_ms: z.coerce.number().int().min(0).optional(),
      to_ms: z.coerce.number().int().min(0).optional(),
    }),
    response: z.strictObject({
      object: z.literal("usage"),
      periods: z.array(
        z.strictObject({
          subscription: z.string(),
          start_ms: unixMs,
          end_ms: unixMs,
          state: z.enum(["open", "closed"]),
          units: z.number().int(),
          quantities: quantitiesShape,
          amount: money,
        }),
      ),
      days: z.array(z.strictObject({ day: z.string(), units: z.number().int(), amount: money })),
    }),
    async handle(call) {
      const customer = await customerOf(call);
      const { currency } = await getCustomer(call.deps.store, customer);
      const nowMs = call.deps.clock.now();
      const toMs = call.query.to_ms ?? nowMs + 1;
      const fromMs = call.query.from_ms ?? toMs - limits.usageDaysShown * dayMs;
      const periods = await usageByPeriod(call.deps.store, { customer, limit: limits.listDefault });
      const days = await usageByDay(call.deps.store, { customer, fromMs, toMs });
      return {
        object: "usage" as const,
        periods: periods.data.map((period) => ({
          subscription: period.subscription,
          start_ms: period.startMs,
          end_ms: period.endMs,
          state: period.state,
          units: period.units,
          quantities: period.quantities,
          amount: moneyOf(period.amountNanos, currency),
        })),
        days: days.map((day) => ({ day: day.day, units: day.units, amount: moneyOf(day.amountNanos, currency) })),
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/balance",
    who: "customer",
    tag,
    summary: "What you may still spend",
    response: z.strictObject({
      object: z.literal("balance"),
      balance: money,
      held: money.describe("Reserved for requests in flight and, of a busy customer, for those about to come."),
      kept: money.describe("Credit that pays for some products alone, and is not in what is available for all."),
      credit_limit: money,
      available: money,
      due: money.describe("Invoiced and beyond what the balance could pay; a balance below zero is owed as well."),
    }),
    async handle(call) {
      const balance = await balanceOfCustomer(call.deps.store, await customerOf(call));
      const inMoney = (nanos: bigint) => moneyOf(nanos, balance.currency);
      return {
        object: "balance" as const,
        balance: inMoney(balance.balanceNanos),
        held: inMoney(balance.heldNanos),
        kept: inMoney(balance.keptNanos),
        credit_limit: inMoney(balance.creditLimitNanos ?? 0n),
        available: inMoney(balance.availableNanos),
        due: inMoney(balance.dueNanos),
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/invoices",
    who: "customer",
    tag,
    summary: "List your invoices, newest first",
    query: pageQuery,
    response: listOf(invoiceShape),
    async handle(call) {
      const { limit, cursor } = call.query;
      const page = { customer: await customerOf(call), limit, ...(cursor ? { before: cursor } : {}) };
      return pageShape(await listInvoices(call.deps.store, page), invoiceOf);
    },
  }),
  route({
    method: "GET",
    path: "/v1/invoices/:id",
    who: "customer",
    tag,
    summary: "Get one of your invoices with its lines",
    params: idParams,
    response: invoiceShape,
    handle: async (call) =>
      invoiceOf(await getInvoice(call.deps.store, { customer: await customerOf(call), invoice: call.params.id })),
  }),
];
