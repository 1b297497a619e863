import { rmSync } from "node:fs";
import { type Clock, type Pause, manualClock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import type { Nanos } from "../../kernel/money.ts";
import { verifyLedger } from "../../ledger/index.ts";
import { Secret } from "../../kernel/secret.ts";
import {
  type DataUse,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
  verifySell,
} from "../../sell/index.ts";
import { type Serving, deployRelease, openServing } from "../../serve/index.ts";
import { type WordModel, type WordModels, wordModels } from "../../serve/testing/word-models.ts";
import { type Store, openStore } from "../../store/index.ts";
import { type TestStores, testEpochMs } from "../../store/testing/engines.ts";
import { openUpstreams } from "../../upstream/index.ts";
import { type Gateway, type GatewayMetrics, openGateway, verifyServing } from "../index.ts";

export const endpoint = "spam-filter";
/** One prediction costs the customer 0.01. */
export const priceNanos: Nanos = 10_000_000n;
export const pepper = new Secret("pepper of the tests");

/** A small market: one endpoint with one champion, sold by one plan, and whoever a test lets in. */
export interface Market {
  readonly store: Store;
  readonly url: string | undefined;
  readonly folder: string;
  readonly clock: Clock & { advance(ms: number): void; set(ms: number): void };
  readonly models: Map<Id<"model">, WordModel>;
  readonly predictors: WordModels;
  readonly champion: Id<"model">;
  readonly serving: Serving;
  readonly gateway: Gateway;
  readonly heard: string[];
  /** Another process: on Postgres with its own connections, on SQLite, which has one writer, on the same store. */
  replica(how?: { readonly pause?: Pause }): Promise<Gateway>;
  /** That live, without `gateway`. */
  replicas(): readonly Gateway[];
  /** No process holds anything any more: what the database then says is examined by the checks of `doctor`. */
  settleDown(): Promise<readonly string[]>;
  /** A customer with money, a subscription and a key. */
  join(terms?: {
    readonly credit?: Nanos;
    readonly quotaUnits?: number;
    readonly dataUse?: DataUse;
    readonly subscribed?: boolean;
  }): Promise<{ customer: Id<"customer">; key: Id<"key">; secret: Secret }>;
  /** The process dies: nothing after this reaches the database, which another process may open. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export async function openMarket(stores: TestStores): Promise<Market> {
  const clock = manualClock(testEpochMs);
  const { store, url, folder, dispose } = await stores.open(clock);
  let alive = true;
  const nowMs = clock.now();
  const champion = newId("model", nowMs);
  const models = new Map<Id<"model">, WordModel>([[champion, { word: "win" }]]);
  const predictors = wordModels(models);
  await store.run(deployRelease, { endpoint, model: champion, role: "champion", nowMs });
  const serving = openServing({ store, clock, log: silentLog, predictors });
  const heard: string[] = [];
  const metrics: GatewayMetrics = {
    request: (ended) => void heard.push(`${ended.endpoint} ${ended.outcome}`),
    failure: () => {},
    inference: () => {},
    shadow: ({ outcome }) => void heard.push(`shadow ${outcome}`),
  };
  const upstreams = openUpstreams({ db: store, pepper, clock, log: silentLog });
  const options = {
    store,
    serving,
    upstreams,
    clock,
    log: silentLog,
    pepper,
    computePriceNanosPerHour: 3_600_000_000n,
    metrics,
  };
  const gateway = openGateway(options);
  const product = await createProduct(store, { name: "Spam filter", endpoint, nowMs });
  const price = { kind: "per_unit", perThousandNanos: priceNanos * 1_000n, freeUnits: 0 } as const;
  const plan = await createPlan(store, {
    product: product.id,
    name: "Basic",
    currency: "usd",
    feeNanos: 0n,
    components: [{ unit: "predictions", price }],
    nowMs,
  });
  let joined = 0;
  const others: { readonly gateway: Gateway; readonly store: Store }[] = [];
  const closeOthers = async (): Promise<void> => {
    for (const other of others.splice(0)) {
      await other.gateway.close();
      if (other.store !== store) await other.store.close();
    }
  };
  return {
    async replica(how = {}) {
      const own = url ? await openStore({ folder, databaseUrl: url, clock }) : store;
      const opened = openGateway({ ...gateway.deps, ...how, store: own });
      others.push({ gateway: opened, store: own });
      return opened;
    },
    replicas: () => others.map((other) => other.gateway),
    async settleDown() {
      await closeOthers();
      await gateway.close();
      const found = [await verifyLedger(store, clock.now()), await verifySell(store), await verifyServing(store)];
      return found.flat().flatMap(({ problems }) => problems);
    },
    store,
    url,
    folder,
    clock,
    models,
    predictors,
    champion,
    serving,
    gateway,
    heard,
    async join({ credit = 1_000_000_000n, quotaUnits, dataUse = "none", subscribed = true } = {}) {
      const reference = `payment ${++joined}`;
      const name = `Customer ${joined}`;
      const { id: customer } = await createCustomer(store, {
        name,
        currency: "usd",
        terms: { kind: "prepaid" },
        dataUse,
        nowMs,
      });
      if (credit > 0n) await receivePayment(store, { customer, amountNanos: credit, reference, nowMs });
      if (subscribed) {
        await createSubscription(store, { customer, plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs });
      }
      const quota = quotaUnits === undefined ? {} : { quotaUnits };
      const { key, secret } = await createKey(store, { customer, name: "test", pepper, nowMs, ...quota });
      return { customer, key: key.id, secret };
    },
    async die() {
      alive = false;
      await store.close();
    },
    async close() {
      await closeOthers();
      await gateway.close();
      await serving.close();
      await upstreams.close();
      if (alive) await dispose();
      else rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Answered, or the refusal's code. */
export const outcomeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "answered",
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

/** So many at once, the next ones as these are answered. */
export async function burst(count: number, at: number, ask: (nth: number) => Promise<string>): Promise<string[]> {
  const outcomes: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) outcomes.push(await ask(next++));
  };
  await Promise.all(Array.from({ length: at }, worker));
  return outcomes;
}
