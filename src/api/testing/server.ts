import path from "node:path";
import type { FastifyInstance } from "fastify";
import { openGateway } from "../../gateway/index.ts";
import { openPasswords } from "../../identity/index.ts";
import { manualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { Secret } from "../../kernel/secret.ts";
import { manualProvider } from "../../sell/index.ts";
import { inferenceWorker, openServing } from "../../serve/index.ts";
import { type TestStores, testEpochMs } from "../../store/testing/engines.ts";
import { openUpstreams } from "../../upstream/index.ts";
import type { ApiDeps } from "../deps.ts";
import { allRoutes } from "../index.ts";
import { openLive } from "../live.ts";
import { createMetrics } from "../metrics.ts";
import { createOperatorKey } from "../operators.ts";
import { buildServer } from "../server.ts";

export interface TestServer {
  readonly app: FastifyInstance;
  readonly deps: ApiDeps;
  readonly clock: ReturnType<typeof manualClock>;
  /** Its data folder: blobs, and SQLite's files. */
  readonly folder: string;
  /** Headers of the team. */
  readonly operator: { readonly authorization: string };
  close(): Promise<void>;
}

export const testPepper = new Secret("a pepper for tests, 32 characters long");

/** The whole HTTP plane over a fresh store, without a socket. */
export async function openTestServer(stores: TestStores): Promise<TestServer> {
  const clock = manualClock(testEpochMs);
  const { store, folder, dispose } = await stores.open(clock);
  const serving = openServing({ store, clock, log: silentLog, predictors: inferenceWorker(store) });
  const metrics = createMetrics();
  const upstreams = openUpstreams({ db: store, pepper: testPepper, clock, log: silentLog });
  const gateway = openGateway({
    store,
    serving,
    upstreams,
    clock,
    log: silentLog,
    pepper: testPepper,
    computePriceNanosPerHour: 100_000_000n,
    metrics: metrics.gateway,
  });
  const deps: ApiDeps = {
    store,
    clock,
    gateway,
    serving,
    upstreams,
    metrics,
    pepper: testPepper,
    live: openLive({ store, clock }),
    passwords: openPasswords({ logN: 4, r: 8, p: 1 }), // as cheap as it gets: tests sign in often
    publicUrl: undefined,
    auditDays: 90,
    webFolder: path.join(folder, "no-console"),
    currency: "usd",
    sellerName: "Your company",
    payments: new Map([["manual", manualProvider]]),
    threads: 1,
    isReady: async () => true,
  };
  const app = await buildServer(deps, { logger: false, routes: allRoutes, trustedProxies: ["192.0.2.0/24"] });
  const { secret } = await createOperatorKey(store, { name: "test", pepper: testPepper, nowMs: clock.now() });
  return {
    app,
    deps,
    clock,
    folder,
    operator: { authorization: `Bearer ${secret.reveal()}` },
    async close() {
      await app.close();
      await gateway.close();
      await serving.close();
      await upstreams.close();
      await dispose();
    },
  };
}
