import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import pino, { type Logger } from "pino";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./api/index.ts";
import type { CliApp, RunningServer } from "./cli/index.ts";
import { startBackground } from "./background.ts";
import { type Config, loadConfig } from "./config.ts";
import { type Gateway, openGateway } from "./gateway/index.ts";
import { openPasswords } from "./identity/index.ts";
import { systemClock } from "./kernel/clock.ts";
import { Refusal } from "./kernel/errors.ts";
import { limits } from "./kernel/limits.ts";
import { loopJobs } from "./loop/index.ts";
import { type PaymentProvider, manualProvider, stripeProvider, sweepHolds } from "./sell/index.ts";
import { type Serving, inferenceWorker, listEndpoints, openServing } from "./serve/index.ts";
import { type JobHandler, type Store, openStore } from "./store/index.ts";
import { searchJobs, trainJobs } from "./train/index.ts";
import { type Upstreams, openUpstreams } from "./upstream/index.ts";
import { shareMetrics } from "./worker-metrics.ts";
import { isWorker, startWorkers, tellReady } from "./workers.ts";

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
    auditDays: config.auditDays,
    settings: config.shown,
    publicUrl: config.publicUrl ?? `http://${config.host}:${config.port}`,
    gateway: async () => (await paidPath()).gateway,
    serve: (options) =>
      serve({
        config,
        store,
        log: createLog(config.logLevel),
        owner,
        jobHandlers,
        version,
        openPaid: paidPath,
        ...options,
      }),
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
  readonly version: string;
  readonly openPaid: (metrics: Metrics) => Promise<PaidPath>;
  readonly host?: string;
  readonly port?: number;
  readonly workers?: number;
}

/** One process that does all; or the first of several, which does all but answer; or a worker, which only answers. */
async function serve(input: ServeInput): Promise<RunningServer> {
  const { config, log, store } = input;
  const onError = (error: unknown): void => log.error({ err: error }, "background work failed and will be tried again");
  if (isWorker()) {
    const server = await serveHttp(input, await paymentProviders(config), onError);
    tellReady(server.url);
    return { ...server, isWorker: true };
  }
  const payments = await paymentProviders(config);
  const several = (input.workers ?? 1) > 1 ? await serveWorkers(input) : undefined;
  const http = several ?? (await serveHttp(input, payments, onError));
  const sweep = (nowMs: number): Promise<unknown> => sweepHolds(store, nowMs);
  const background = startBackground({ ...input, payments, sweep }, onError);
  return {
    url: http.url,
    async stop() {
      await http.stop();
      await background.stop();
    },
  };
}

async function serveWorkers({ store, log, workers = 1 }: ServeInput): Promise<RunningServer> {
  if (store.engine === "sqlite") {
    throw new Refusal("conflict", "SQLite is written by one process: several workers need Postgres.", {
      hint: "Set DATABASE_URL, or leave --workers out.",
    });
  }
  const running = startWorkers(workers, { clock: systemClock, log });
  const url = await running.listening;
  if (url !== null) return { url, stop: () => running.stop() };
  await running.stop();
  throw new Refusal("unavailable", "A worker could not begin; what it said stands above.");
}

async function serveHttp(
  input: ServeInput,
  payments: ReadonlyMap<string, PaymentProvider>,
  onError: (error: unknown) => void,
): Promise<RunningServer> {
  const { config, store, log } = input;
  const { allRoutes, buildServer, createMetrics, openLive } = await httpPlane();
  const metrics = createMetrics(isWorker() ? shareMetrics : undefined);
  const live = openLive({ store, clock: systemClock });
  const paid = await input.openPaid(metrics);
  const tracing = config.otlpEndpoint ? await startTracingTo(config.otlpEndpoint, input.version) : undefined;
  let stopping = false;
  const server = await buildServer(
    {
      store,
      clock: systemClock,
      pepper: config.pepper,
      live,
      passwords: openPasswords(),
      publicUrl: config.publicUrl,
      auditDays: config.auditDays,
      webFolder: fileURLToPath(new URL("../web/dist", import.meta.url)),
      currency: config.currency,
      sellerName: config.sellerName,
      payments,
      threads: config.threads,
      gateway: paid.gateway,
      serving: paid.serving,
      upstreams: paid.upstreams,
      metrics,
      isReady: async () => !stopping && (await answers(store)),
    },
    { logger: log, routes: allRoutes, trustedProxies: config.trustedProxies, traces: tracing !== undefined },
  );
  const tending = setInterval(() => void paid.gateway.tend().catch(onError), limits.leaseTendEveryMs);
  const telling = setInterval(() => void live.tick().catch(onError), limits.liveTickMs);
  const settling = setInterval(() => void paid.gateway.settleLate().catch(onError), limits.holdSweepEveryMs);
  await Promise.all([warmUp(store, paid.serving), paid.upstreams.warm()]);
  const url = await listen(server, input.host ?? config.host, input.port ?? config.port);
  return {
    url,
    async stop() {
      stopping = true;
      clearInterval(settling);
      clearInterval(telling);
      clearInterval(tending);
      await server.close();
      await tracing?.stop();
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
