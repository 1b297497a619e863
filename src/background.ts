import type { Config } from "./config.ts";
import { importJobs, sweepUploads } from "./data/index.ts";
import { sweepIdentity } from "./identity/index.ts";
import { examineJobs, keepDays, sweepRetention } from "./insight/index.ts";
import { systemClock } from "./kernel/clock.ts";
import { limits } from "./kernel/limits.ts";
import { startTriggers } from "./loop/index.ts";
import { type PaymentProvider, messageSender, runBilling, webhookJobs } from "./sell/index.ts";
import { type JobHandler, type Store, startJobs } from "./store/index.ts";

export interface BackgroundInput extends BillingInput {
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  /** Gives expired holds back. */
  readonly sweep: (nowMs: number) => Promise<unknown>;
}

/**
 * What one process of a server does beside answering: jobs, triggers, billing, giving back expired holds, summing finished
 * days, and forgetting sessions and what is kept for a time alone.
 */
export function startBackground(input: BackgroundInput, onError: (error: unknown) => void): { stop(): Promise<void> } {
  const { store, config, owner, jobHandlers, sweep } = input;
  const jobs = startJobs({ store, now: () => systemClock.now(), owner, handlers: jobHandlers }, onError);
  const triggers = startTriggers({ store, clock: systemClock }, onError);
  const sweeping = setInterval(() => void sweep(systemClock.now()).catch(onError), limits.holdSweepEveryMs);
  const forgetting = setInterval(() => {
    const nowMs = systemClock.now();
    void sweepIdentity(store, { nowMs }).catch(onError);
    void sweepRetention(store, { auditDays: config.auditDays, nowMs }).catch(onError);
  }, limits.identitySweepEveryMs);
  const imports = startImports(input, onError);
  const billing = startBilling(input, onError);
  const keeping = startKeeping(store, onError);
  const examining = startExamining(input, onError);
  return {
    async stop() {
      clearInterval(sweeping);
      clearInterval(forgetting);
      await keeping.stop();
      await examining.stop();
      triggers.stop();
      await jobs.stop();
      await imports.stop();
      await billing.stop();
    },
  };
}

/** The sums of finished days, for reports. After an update all days of the past are due, so it begins at once. */
function startKeeping(store: Store, onError: (error: unknown) => void): { stop(): Promise<void> } {
  let stopped = false;
  let keeping: Promise<unknown> = Promise.resolve();
  const keep = (): void => {
    keeping = keeping.then(() => keepDays(store, systemClock.now(), () => stopped)).catch(onError);
  };
  keep();
  const timer = setInterval(keep, limits.dayKeepEveryMs);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await keeping;
    },
  };
}

/** `doctor`, where somebody asks for it in the console. */
function startExamining(
  { store, config, owner }: Pick<BackgroundInput, "store" | "config" | "owner">,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const now = (): number => systemClock.now();
  const handlers = examineJobs({ folder: config.folder, databaseUrl: config.databaseUrl }, now);
  return startJobs({ store, now, owner: `${owner}/doctor`, handlers }, onError);
}

/** Files that people send, one after the other: with a runner of their own they never wait for a training. */
function startImports(
  { store, owner }: Pick<BackgroundInput, "store" | "owner">,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const deps = { store, clock: systemClock };
  const sweep = (): void => void sweepUploads(deps).catch(onError);
  sweep();
  const sweeping = setInterval(sweep, limits.uploadSweepEveryMs);
  const now = (): number => systemClock.now();
  const jobs = startJobs({ store, now, owner: `${owner}/imports`, handlers: importJobs(deps) }, onError);
  return {
    async stop() {
      clearInterval(sweeping);
      await jobs.stop();
    },
  };
}

interface BillingInput {
  readonly store: Store;
  readonly config: Config;
  readonly owner: string;
  readonly payments: ReadonlyMap<string, PaymentProvider>;
}

/**
 * What billing does by itself: reminders, credits, top-ups, and messages to webhooks. Its jobs have a runner of their own, so that they never
 * wait for a training.
 */
function startBilling(
  { store, config, owner, payments }: BillingInput,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const send = messageSender({ insideToo: config.webhooksInside });
  const now = (): number => systemClock.now();
  const handlers = webhookJobs({ store, now, pepper: config.pepper, send });
  const jobs = startJobs({ store, now, owner: `${owner}/billing`, handlers }, onError);
  const tick = setInterval(() => void runBilling(store, payments, now()).catch(onError), limits.billingTickMs);
  return {
    async stop() {
      clearInterval(tick);
      await jobs.stop();
    },
  };
}
