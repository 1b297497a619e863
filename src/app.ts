import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import pino, { type Logger } from "pino";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./api/index.ts";
import type { CliApp, RunningServer } from "./cli/index.ts";
import { type Config, loadConfig } from "./config.ts";
import { type Gateway, openGateway } from "./gateway/index.ts";
import { openPasswords, sweepIdentity } from "./identity/index.ts";
import { systemClock } from "./kernel/clock.ts";
import { Refusal } from "./kernel/errors.ts";
import { limits } from "./kernel/limits.ts";
import { loopJobs, startTriggers } from "./loop/index.ts";
import {
  type PaymentProvider,
  manualProvider,
  messageSender,
  runBilling,
  stripeProvider,
  webhookJobs,
} from "./sell/index.ts";
import { type Serving, inferenceWorker, listEndpoints, openServing } from "./serve/index.ts";
import { type JobHandler, type Store, openStore, startJobs } from "./store/index.ts";
import { searchJobs, trainJobs } from "./train/index.ts";
import { type Upstreams, openUpstreams } from "./upstream/index.ts";

const quietLevel = "error";

/** The only wiring: which real clock, database, log and upstreams everything runs with. */
export async function openApp(folder: string, version: string): Promise<CliApp> {
  const config = loadConfig(folder);
  const clock = systemClock;
  const store = await openStore({ folder, databaseUrl: config.databaseUrl, clock });
  const log = createLog(quietLevel); // a command tells its story itself; the server logs
  const owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const training = { store, clock, log, threads: config.threads };
  const jobHandlers = { ...trainJobs(training), ...searchJobs(training), ...loopJobs({ ...training, owner }) };
  let paid: Promise<PaidPath> | undefined;
  const paidPath = (metrics?: Metrics): Promise<PaidPath> => (paid ??= openPaidPath(config, store, log, metrics));
  return {
    store,
    clock,
    owner,
    jobHandlers,
    pepper: config.pepper,
    currency: config.currency,
    threads: config.threads,
    sellerName: config.sellerName,
    settings: config.shown,
    publicUrl: config.publicUrl ?? `http://${config.host}:${config.port}`,
    gateway: async () => (await paidPath()).gateway,
    async serve(options) {
      const { createMetrics } = await httpPlane();
      const metrics = createMetrics();
      const opened = await paidPath(metrics);
      return serve({
        config,
        store,
        log: createLog(config.logLevel),
        owner,
        jobHandlers,
        metrics,
        version,
        paid: opened,
        ...options,
      });
    },
    async createOperatorKey(name) {
      const { createOperatorKey } = await httpPlane();
      return (await createOperatorKey(store, { name, pepper: config.pepper, nowMs: clock.now() })).secret;
    },
    async close() {
      await paid?.then((opened) => opened.close());
      await store.close();
    },
  };
}

/** The HTTP plane, loaded only by those who serve: most commands start twice as fast without it. */
const httpPlane = () => import("./api/index.ts");

/** One JSON object a line on standard error, so that standard output stays data. */
function createLog(level: Config["logLevel"]): Logger {
  return pino({ level, base: null, redact: ["req.headers", "secret", "input"] }, pino.destination(2));
}

interface PaidPath {
  readonly gateway: Gateway;
  readonly serving: Serving;
  readonly upstreams: Upstreams;
  close(): Promise<void>;
}

async function openPaidPath(
  config: Config,
  store: Store,
  log: Logger,
  metrics: Metrics | undefined,
): Promise<PaidPath> {
  const serving = openServing({ store, clock: systemClock, log, predictors: inferenceWorker(store) });
  const upstreams = openUpstreams({ db: store, pepper: config.pepper, clock: systemClock, log });
  const gateway = openGateway({
    store,
    serving,
    upstreams,
    log,
    pepper: config.pepper,
    clock: systemClock,
    computePriceNanosPerHour: config.computePriceNanosPerHour,
    ...(metrics ? { metrics: metrics.gateway } : {}),
  });
  await gateway.sweep(systemClock.now());
  return {
    gateway,
    serving,
    upstreams,
    async close() {
      await gateway.close();
      await serving.close();
      await upstreams.close();
    },
  };
}

interface ServeInput {
  readonly config: Config;
  readonly store: Store;
  readonly log: Logger;
  readonly owner: string;
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  readonly metrics: Metrics;
  readonly version: string;
  readonly paid: PaidPath;
  readonly host?: string;
  readonly port?: number;
}

async function serve(input: ServeInput): Promise<RunningServer> {
  const { config, store, log, paid } = input;
  const tracing = config.otlpEndpoint ? await startTracingTo(config.otlpEndpoint, input.version) : undefined;
  const { allRoutes, buildServer, openLive } = await httpPlane();
  const live = openLive({ store, clock: systemClock });
  const payments = await paymentProviders(config);
  let stopping = false;
  const server = await buildServer(
    {
      store,
      clock: systemClock,
      pepper: config.pepper,
      live,
      passwords: openPasswords(),
      publicUrl: config.publicUrl,
      webFolder: fileURLToPath(new URL("../web/dist", import.meta.url)),
      currency: config.currency,
      sellerName: config.sellerName,
      payments,
      threads: config.threads,
      gateway: paid.gateway,
      serving: paid.serving,
      upstreams: paid.upstreams,
      metrics: input.metrics,
      isReady: async () => !stopping && (await answers(store)),
    },
    { logger: log, routes: allRoutes, trustedProxies: config.trustedProxies },
  );
  const onError = (error: unknown): void => log.error({ err: error }, "background work failed and will be tried again");
  const jobs = startJobs(
    { store, now: () => systemClock.now(), owner: input.owner, handlers: input.jobHandlers },
    onError,
  );
  const triggers = startTriggers({ store, clock: systemClock }, onError);
  const sweeping = setInterval(
    () => void paid.gateway.sweep(systemClock.now()).catch(onError),
    limits.holdSweepEveryMs,
  );
  const billing = startBilling({ store, config, payments, owner: input.owner }, onError);
  const sweep = { auditDays: config.auditDays };
  const forgetting = setInterval(
    () => void sweepIdentity(store, { ...sweep, nowMs: systemClock.now() }).catch(onError),
    limits.identitySweepEveryMs,
  );
  const telling = setInterval(() => void live.tick().catch(onError), limits.liveTickMs);
  const tending = setInterval(() => void paid.gateway.tend().catch(onError), limits.leaseTendEveryMs);
  await Promise.all([warmUp(store, paid.serving), paid.upstreams.warm()]);
  const url = await listen(server, input.host ?? config.host, input.port ?? config.port);
  return {
    url,
    async stop() {
      stopping = true;
      clearInterval(sweeping);
      clearInterval(tending);
      clearInterval(forgetting);
      clearInterval(telling);
      triggers.stop();
      await server.close();
      await jobs.stop();
      await billing.stop();
      await tracing?.stop();
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

/** Who moves money: transfers that people record, and Stripe where its keys are set. */
async function paymentProviders({ stripe }: Config): Promise<ReadonlyMap<string, PaymentProvider>> {
  const providers = [manualProvider, ...(stripe ? [await stripeProvider(stripe)] : [])];
  return new Map(providers.map((provider) => [provider.name, provider]));
}

/** Loaded only when traces are wanted: the SDK is large. */
async function startTracingTo(endpoint: string, version: string): Promise<{ stop(): Promise<void> }> {
  const { startTracing } = await import("./tracing.ts");
  return startTracing(endpoint, version);
}

/** Loads every champion before the first customer waits for it. One that cannot be loaded is told when it is asked. */
async function warmUp(store: Store, serving: Serving): Promise<void> {
  const endpoints = await listEndpoints(store, { limit: limits.listMax });
  await Promise.allSettled(endpoints.map(({ champion }) => serving.infer(champion.model, "")));
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Refusal("conflict", `Port ${port} on ${host} is in use.`, {
      hint: "Choose another: millrace serve --port 0",
    });
  }
}

async function answers(store: Store): Promise<boolean> {
  try {
    await store
      .as<{ schema_migrations: { name: string } }>()
      .selectFrom("schema_migrations")
      .select("name")
      .limit(1)
      .execute();
    return true;
  } catch {
    return false; // not ready is the answer, and `/readyz` gives it
  }
}
