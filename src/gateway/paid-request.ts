import { Refusal } from "../kernel/errors.ts";
import { sha256 } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type KeyGrant, type Party, type Quantities, assertEndUser, entitlementFor } from "../sell/index.ts";
import type { AnsweringModel, AnsweringSource, Prediction, PredictionOutput, Shadow, Target } from "../serve/index.ts";
import { StoreError, isUniqueViolation } from "../store/index.ts";
import type { Buyer } from "./leases.ts";
import { type Reserved, reserve } from "./admission.ts";
import type { AskedBy } from "./failures/tally.ts";
import type { Gateway, Outcome } from "./gateway.ts";
import { computeCost } from "./money-of-compute.ts";
import { answerOf, findAnswer, mismatch, stillWorking } from "./replay.ts";
import { type PaidRequest, type PredictionRequest, bodyHashOf, checkRequest } from "./request.ts";
import { startShadows } from "./shadows.ts";
import { settleDelivered, Unsettled } from "./unsettled.ts";

/** What the customer gets, and what it took. */
export interface PredictionAnswer {
  readonly id: Id<"prediction">;
  readonly endpoint: string;
  readonly model: AnsweringModel;
  readonly release: AnsweringSource;
  readonly output: PredictionOutput;
  readonly usage: { readonly quantities: Quantities; readonly amountNanos: Nanos; readonly currency: Currency };
  readonly createdAtMs: number;
}

export interface Answered {
  readonly answer: PredictionAnswer;
  /** It is that of an earlier request with the same Idempotency-Key and body; nothing was computed or billed again. */
  readonly replayed: boolean;
}

/** What kind of request it is: the rest of the way is the same for all. */
export interface Kind {
  /** Refuses what needs no reading and no reserving to be refused. */
  check(): void;
  readonly bodyHash: string;
  /** How long the hold outlives the request if this process dies. */
  readonly holdMs: number;
  /** The most it may use, known before the work: what is held. */
  readonly reserve: Quantities;
  /**
   * Own models ask `route` for their release. Refusal `cancelled` when the caller left and nothing was delivered; whoever has
   * delivered a part answers with it.
   */
  compute(id: Id<"prediction">, route: () => Promise<Target>): Promise<Computed>;
}

/** A kind, or how it is found from who asks: what must be known of a customer before anything is reserved. */
export type KindFor = Kind | ((who: Who) => Promise<Kind>);

export interface Who {
  readonly grant: KeyGrant;
  readonly party: Party;
}

/** An answer, what it really used, and what it cost us: the upstream's price or this machine's time. */
export interface Computed {
  readonly model: AnsweringModel;
  readonly release: AnsweringSource;
  /** Releases that compute beside the answer. */
  readonly shadows?: readonly Shadow[];
  /** Whether the customer has some of it already: then it is billed, come what may. */
  readonly isDelivered?: boolean;
  readonly output: PredictionOutput;
  /** May be less than was reserved, or more. */
  readonly quantities: Quantities;
  readonly costNanos: Nanos;
  readonly computeMs: number;
  readonly batchSize: number;
}

const onePrediction: Quantities = { predictions: 1 };

/**
 * The paid request, from a secret and a text to an answer that is recorded, billed and durable. Every way it can end
 * without an answer is a `Refusal`, or a bug that is thrown as it is; in each of them the hold is given back.
 */
export function handlePrediction(gateway: Gateway, request: PredictionRequest): Promise<Answered> {
  const { serving, computePriceNanosPerHour } = gateway.deps;
  return handlePaid(gateway, request, {
    check: () => checkRequest(request),
    bodyHash: bodyHashOf(request),
    holdMs: limits.holdTtlMs,
    reserve: onePrediction,
    async compute(_id, route) {
      const { release, shadows } = await route();
      const how = { signal: request.signal, kind: request.inputKind };
      const inference = await serving.infer(release.model, request.input, how);
      const costNanos = computeCost(inference.computeMs, computePriceNanosPerHour);
      return { ...inference, model: release.model, release: release.id, shadows, quantities: onePrediction, costNanos };
    },
  });
}

export async function handlePaid(gateway: Gateway, request: PaidRequest, kind: KindFor): Promise<Answered> {
  const { clock, metrics } = gateway.deps;
  const startMs = clock.elapsed();
  const seen: AskedBy = { endpoint: "", product: "", customer: "" };
  const ended = (outcome: Outcome): void =>
    metrics.request({ endpoint: seen.endpoint || "-", outcome, latencyMs: clock.elapsed() - startMs });
  try {
    const answered = await authorizedRequest(gateway, request, kind, startMs, seen);
    ended(answered.replayed ? "replayed" : "answered");
    return answered;
  } catch (error) {
    const told = tellable(error, "holdMs" in kind ? kind.holdMs : limits.holdTtlMs);
    const code = told instanceof Refusal ? told.code : undefined;
    ended(code ?? "failed");
    gateway.failures.note(seen, code ?? "internal_error", told);
    throw told;
  }
}

async function authorizedRequest(
  gateway: Gateway,
  request: PaidRequest,
  given: KindFor,
  startMs: number,
  seen: AskedBy,
): Promise<Answered> {
  const grant = await gateway.authorize(request.secret);
  seen.customer = grant.customer;
  if (request.endUser !== undefined) assertEndUser(request.endUser);
  if (typeof given !== "function") given.check();
  const { party, rates, apart } = entitlementFor(grant, request.endpoint);
  seen.endpoint = request.endpoint;
  seen.product = party.product;
  const kind = typeof given === "function" ? await given({ grant, party }) : given;
  if (typeof given === "function") kind.check();
  const buyer: Buyer = { party, apart, endUser: request.endUser ?? null };
  const work: Work = { gateway, request, kind, grant, buyer, bodyHash: kind.bodyHash, startMs };
  if (rates.length === 0) return admittedRequest(work);
  const ticket = await gateway.rates.take(rates, kind.reserve, request.onRate);
  try {
    const answered = await admittedRequest(work);
    ticket.end(answered.replayed ? {} : answered.answer.usage.quantities);
    return answered;
  } catch (error) {
    ticket.end({}); // it counts as a request; its tokens come back
    throw error;
  }
}

function admittedRequest(work: Work): Promise<Answered> {
  const { idempotencyKey } = work.request;
  return idempotencyKey === undefined ? firstRequest(work) : onceForKey(work, idempotencyKey);
}

export interface Work {
  readonly gateway: Gateway;
  readonly request: PaidRequest;
  readonly kind: Kind;
  readonly grant: KeyGrant;
  readonly buyer: Buyer;
  readonly bodyHash: string;
  readonly startMs: number;
}

/** Waits for a duplicate in flight in this process, else looks for an earlier answer, else does the work. */
async function onceForKey(work: Work, idempotencyKey: string): Promise<Answered> {
  const { gateway, request, bodyHash, grant } = work;
  const name = `${grant.customer}/${idempotencyKey}`;
  for (let first = gateway.inFlight.get(name); first; first = gateway.inFlight.get(name)) {
    if (first.bodyHash !== bodyHash) throw mismatch();
    try {
      return { ...(await first.answered), replayed: true };
    } catch (error) {
      // Its caller left; this one has not, so it does the work.
      if (!(error instanceof Refusal && error.code === "cancelled") || request.signal?.aborted) throw error;
    }
  }
  const answered = findAnswer(work, idempotencyKey).then((found) => found ?? firstRequest(work));
  gateway.inFlight.set(name, { bodyHash, answered });
  try {
    return await answered;
  } finally {
    gateway.inFlight.delete(name);
  }
}

async function firstRequest(work: Work): Promise<Answered> {
  const { gateway, request } = work;
  const nowMs = gateway.deps.clock.now();
  const id = newId("prediction", nowMs);
  const requestKey = request.idempotencyKey ?? id;
  const reserved = await reserve(work, id, nowMs);
  if (reserved.state === "duplicate") {
    const found = await findAnswer(work, requestKey);
    if (found) return found;
    throw stillWorking();
  }
  try {
    return await inferAndSettle(work, id, reserved);
  } catch (error) {
    if (error instanceof Unsettled) throw error; // what it reserved waits for it
    await reserved.release();
    // A process that stalled past its hold's expiry settled the same Idempotency-Key meanwhile: its answer stands.
    const standing = isUniqueViolation(error) ? await findAnswer(work, requestKey) : undefined;
    if (standing) return standing;
    throw error;
  }
}

async function inferAndSettle(
  work: Work,
  id: Id<"prediction">,
  { hold, leased, expiresAtMs, settled }: Extract<Reserved, { state: "reserved" }>,
): Promise<Answered> {
  const { gateway, request, kind, buyer, grant, startMs } = work;
  const { serving, clock, metrics } = gateway.deps;
  const computed = await kind.compute(id, async () => {
    const target = await serving.route(request.endpoint, grant.customer, id);
    assertWanted(request);
    return target;
  });
  const { computeMs, batchSize, quantities, shadows = [], isDelivered = false } = computed;
  metrics.inference({ endpoint: request.endpoint, computeMs, batchSize });
  const nowMs = clock.now();
  const latencyMs = clock.elapsed() - startMs;
  if (nowMs >= expiresAtMs && !isDelivered)
    throw new Refusal("unavailable", "The model took too long.", { retryAfterSeconds: 1 });
  const prediction = predictionOf(work, { id, computed, nowMs, latencyMs });
  const { model, release, costNanos } = prediction;
  const usage = {
    party: buyer.party,
    endUser: buyer.endUser,
    hold,
    leased,
    prediction: id,
    quantities,
    costNanos,
    model,
    release,
    atMs: nowMs,
    nowMs,
  };
  const settling = { prediction, usage };
  const { amountNanos } = isDelivered
    ? await settleDelivered(gateway, { settling, settled: () => settled(quantities) })
    : await gateway.settlements.settle(settling);
  settled(quantities);
  if (shadows.length > 0) startShadows(gateway, prediction, request.input, shadows);
  return { answer: answerOf(prediction, { quantities, amountNanos, currency: grant.currency }), replayed: false };
}

function assertWanted({ signal }: PaidRequest): void {
  if (signal?.aborted) throw new Refusal("cancelled", "The caller left before the model was asked.");
}

interface Done {
  readonly id: Id<"prediction">;
  readonly computed: Computed;
  readonly nowMs: number;
  readonly latencyMs: number;
}

function predictionOf(work: Work, { id, computed, nowMs, latencyMs }: Done): Prediction {
  const { request, grant, bodyHash } = work;
  const { output, costNanos, model, release } = computed;
  return {
    id,
    endpoint: request.endpoint,
    release,
    model,
    customer: grant.customer,
    key: grant.key,
    request: request.requestId,
    idempotencyKey: request.idempotencyKey ?? null,
    bodyHash,
    inputHash: sha256(request.input),
    inputText: grant.dataUse === "improve" ? request.input : null,
    output,
    shadowOf: null,
    latencyMs,
    costNanos,
    createdAtMs: nowMs,
  };
}

/** The store away or too busy is a clear "not now"; what was not recorded is not answered. */
function tellable(error: unknown, holdMs: number): unknown {
  if (!(error instanceof StoreError) || (error.failure !== "unavailable" && error.failure !== "busy")) return error;
  return new Refusal("unavailable", "The database cannot be reached, so nothing was answered or billed.", {
    hint: `Try again with the same Idempotency-Key; requests are held for at most ${holdMs / 1_000} s.`,
    retryAfterSeconds: 1,
  });
}
