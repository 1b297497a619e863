import type { Clock } from "../kernel/clock.ts";
import { type RefusalCode } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { Nanos } from "../kernel/money.ts";
import type { Secret } from "../kernel/secret.ts";
import { type KeyGrant, sweepHolds } from "../sell/index.ts";
import type { Serving } from "../serve/index.ts";
import type { Store } from "../store/index.ts";
import { type Authorize, grantCache } from "./grants.ts";
import type { PredictionAnswer } from "./paid-request.ts";

/** What a monitor may hear. `endpoint` is `"-"` until the key is known to be entitled to it: guesses make no series. */
export interface GatewayObserver {
  /** Each request once, when it ends. */
  request(ended: { endpoint: string; outcome: Outcome; latencyMs: number }): void;
  /** Each text computed for an answer: its part of the batch, without waiting. */
  inference(done: { endpoint: string; computeMs: number; batchSize: number }): void;
  shadow(done: { endpoint: string; outcome: "recorded" | "dropped" | "failed" }): void;
}

export type Outcome = "answered" | "replayed" | "failed" | RefusalCode;

export const silentObserver: GatewayObserver = { request: () => {}, inference: () => {}, shadow: () => {} };

export interface GatewayOptions {
  readonly store: Store;
  readonly serving: Serving;
  readonly clock: Clock;
  readonly log: Log;
  /** Keys are stored as hashes under it. */
  readonly pepper: Secret;
  /** What an hour of this machine's inference costs. */
  readonly computeNanosPerHour: Nanos;
  readonly observer?: GatewayObserver;
}

/** A request that another one with the same Idempotency-Key may wait for. */
export interface InFlight {
  readonly bodyHash: string;
  readonly answer: Promise<PredictionAnswer>;
}

/** The paid path of this process: what it needs and what is in flight. Made by `openGateway`, used by `handlePrediction`. */
export interface Gateway {
  readonly deps: Required<GatewayOptions>;
  readonly authorize: Authorize;
  readonly inFlight: Map<string, InFlight>;
  /** Work that goes on after its answer. */
  readonly shadows: Set<Promise<void>>;
}

export function openGateway(options: GatewayOptions): Gateway {
  const { store, pepper, clock, observer = silentObserver } = options;
  return {
    deps: { ...options, observer },
    authorize: grantCache(store, pepper, clock),
    inFlight: new Map(),
    shadows: new Set(),
  };
}

/** The cached look-up of a key, for a customer's other routes too. Refusal `invalid_key`. */
export function authorizeRequest(gateway: Gateway, secret: Secret): Promise<KeyGrant> {
  return gateway.authorize(secret);
}

/** Gives back holds whose process died; returns how many. Any number of processes may do this. */
export function sweep(gateway: Gateway): Promise<number> {
  return sweepHolds(gateway.deps.store, gateway.deps.clock.now());
}

/** Sweeps now and then every `limits.holdSweepEveryMs`. `stop()` waits for the sweep that runs. */
export async function startSweeping(gateway: Gateway): Promise<{ stop: () => Promise<void> }> {
  await sweep(gateway);
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = sweep(gateway).catch((error: unknown) => {
      gateway.deps.log.error({ reason: String(error) }, "expired holds were not given back; trying again");
    });
  }, limits.holdSweepEveryMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Waits for the shadows in flight. The requests themselves belong to whoever awaits them. */
export async function closeGateway(gateway: Gateway): Promise<void> {
  await Promise.all(gateway.shadows);
}
