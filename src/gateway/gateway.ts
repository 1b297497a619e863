import { type DetectLanguage, openLanguageDetector } from "../data/index.ts";
import { type Clock, type Pause, systemPause } from "../kernel/clock.ts";
import type { RefusalCode } from "../kernel/errors.ts";
import { newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Nanos } from "../kernel/money.ts";
import type { Secret } from "../kernel/secret.ts";
import { type KeyGrant, leaseOwner, sweepHolds } from "../sell/index.ts";
import type { Serving } from "../serve/index.ts";
import type { Store } from "../store/index.ts";
import type { Upstreams } from "../upstream/index.ts";
import { type FailureCode, type Failures, openFailures } from "./failures/tally.ts";
import { type Authorize, grantCache } from "./grants.ts";
import { type Leases, openLeases } from "./leases.ts";
import { type Rates, openRates } from "./rates.ts";
import { type Recalls, openRecalls } from "./recalls.ts";
import { type Settlements, openSettlements } from "./settlements.ts";
import type { Answered } from "./paid-request.ts";
import { type AnswerCache, answerCache } from "./relay/cache.ts";
import { type Policies, livePolicies } from "./relay/live-policies.ts";
import { type Delivered, drainUnsettled, retryUnsettled } from "./unsettled.ts";

/** What a monitor hears. `endpoint` is `"-"` until the key is known to be entitled to it: guesses make no series. */
export interface GatewayMetrics {
  /** Each request once, when it ends. */
  request(ended: { endpoint: string; outcome: Outcome; latencyMs: number }): void;
  /** Each request that ended without an answer, those too that were refused before they were paid requests. */
  failure(failed: { endpoint: string; code: FailureCode }): void;
  /** Each text computed for an answer: its part of the batch, without waiting. */
  inference(done: { endpoint: string; computeMs: number; batchSize: number }): void;
  shadow(done: { endpoint: string; outcome: "recorded" | "dropped" | "failed" }): void;
}

export type Outcome = "answered" | "replayed" | "failed" | RefusalCode;

const silent: GatewayMetrics = { request: () => {}, failure: () => {}, inference: () => {}, shadow: () => {} };

export interface GatewayOptions {
  readonly store: Store;
  readonly serving: Serving;
  readonly upstreams: Upstreams;
  readonly clock: Clock;
  readonly pause?: Pause;
  readonly log: Log;
  /** Keys are stored as hashes under it. */
  readonly pepper: Secret;
  /** What an hour of this machine's inference costs. */
  readonly computePriceNanosPerHour: Nanos;
  readonly metrics?: GatewayMetrics;
}

/** A request that another one with the same Idempotency-Key may wait for. */
export interface InFlight {
  readonly bodyHash: string;
  readonly answered: Promise<Answered>;
}

/** The paid path of this process. Made by `openGateway`, used by `handlePrediction`. */
export interface Gateway {
  readonly deps: Required<GatewayOptions>;
  readonly authorize: Authorize;
  /** By customer and Idempotency-Key. */
  readonly inFlight: Map<string, InFlight>;
  /** Work that goes on after its answer. */
  readonly shadows: Set<Promise<void>>;
  readonly rates: Rates;
  readonly leases: Leases;
  readonly recalls: Recalls;
  readonly settlements: Settlements;
  readonly failures: Failures;
  /** Delivered answers that the database could not take yet, by prediction. */
  readonly unsettled: Map<string, Delivered>;
  readonly policies: Policies;
  readonly detectLanguage: DetectLanguage;
  readonly cache: AnswerCache;
  /** Gives back the holds of processes that died; returns how many. Call it at start and every `limits.holdSweepEveryMs`. */
  sweep(nowMs: number): Promise<number>;
  /** Writes delivered answers that the database could not take. Returns how many still wait. */
  settleLate(): Promise<number>;
  /** Keeps this process's leases and its shares of limits in order, and writes its counts of failures. Call it every `limits.leaseTendEveryMs`. */
  tend(): Promise<void>;
  /** Waits for the shadows in flight, writes what is unsettled, returns the leases; requests belong to whoever awaits them. */
  close(): Promise<void>;
}

export function openGateway(options: GatewayOptions): Gateway {
  const { store, pepper, clock, log, metrics = silent, pause = systemPause } = options;
  const shadows = new Set<Promise<void>>();
  const owner = `${leaseOwner}${newId("request", clock.now())}`;
  const leases = openLeases({ store, clock, log, owner });
  const rates = openRates({ store, clock, log });
  const failures = openFailures({ store, clock, log, onFailure: (failed) => metrics.failure(failed) });
  const gateway: Gateway = {
    deps: { ...options, metrics, pause },
    authorize: grantCache(store, pepper, clock),
    inFlight: new Map(),
    shadows,
    rates,
    leases,
    recalls: openRecalls({ store, clock, pause, owner }),
    settlements: openSettlements(store, pause),
    failures,
    unsettled: new Map(),
    policies: livePolicies(store, clock),
    detectLanguage: openLanguageDetector(),
    cache: answerCache(clock),
    async sweep(nowMs) {
      await retryUnsettled(gateway);
      return sweepHolds(store, nowMs);
    },
    settleLate: () => retryUnsettled(gateway),
    async tend() {
      await Promise.all([leases.tend(), rates.tend(), failures.flush()]);
    },
    async close() {
      await Promise.all(shadows);
      await drainUnsettled(gateway);
      await Promise.all([leases.close(), rates.close(), failures.flush(true)]);
    },
  };
  return gateway;
}

/** The cached look-up of a key, for a customer's other routes too. Refusal `invalid_key`. */
export function authorizeRequest(gateway: Gateway, secret: Secret): Promise<KeyGrant> {
  return gateway.authorize(secret);
}
