import { Agent, request } from "node:http";
import { initFolder, loadConfig } from "../../src/config.ts";
import type { Id } from "../../src/kernel/ids.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import {
  type BudgetInput,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
  setBudget,
  setCustomerLimits,
} from "../../src/sell/index.ts";
import { type Store, openStore } from "../../src/store/index.ts";
import { addStubUpstream, routeTo } from "../../src/upstream/testing/fixture.ts";
import { type Behaviour, type Stub, chatAnswer, openStub } from "../../src/upstream/testing/stub.ts";
import { type LiveServer, headersOf, startServer } from "./process.ts";

/** One request costs 0.001; tokens are counted and free. */
export const requestNanos = 1_000_000n;

export interface Buyer {
  readonly customer: Id<"customer">;
  readonly key: Id<"key">;
  readonly secret: string;
  readonly endUser?: string;
}

/** What a customer may have, in requests' worth. */
export interface Allowance {
  readonly balance?: number;
  readonly cap?: number;
  readonly quota?: number;
  readonly perMinute?: number;
  readonly budget?: { readonly worth: number } & Partial<Pick<BudgetInput, "scope" | "subject" | "every">>;
}

/** A chat that a stub answers, sold by real server processes over one database, and whoever a test lets in. */
export interface LiveShop {
  readonly store: Store;
  join(allowance: Allowance): Promise<Buyer>;
  start(...flags: string[]): Promise<LiveServer>;
  /** One request to each place in turn; the statuses, in no order. 0: the connection broke. */
  ask(buyers: readonly Buyer[], places: readonly LiveServer[], count: number, more?: object): Promise<number[]>;
  /** How many were recorded. */
  recorded(customer: Id<"customer">): Promise<number>;
  close(): Promise<void>;
}

interface Where {
  readonly folder: string;
  readonly databaseUrl?: string | undefined;
}

/** What the stub answers unless a test says otherwise. */
export const hello: Behaviour = {
  kind: "json",
  body: chatAnswer("Hello", { prompt_tokens: 5, completion_tokens: 1 }),
};

export async function openLiveShop(where: Where, behave: () => Behaviour = () => hello): Promise<LiveShop> {
  initFolder(where.folder);
  const { pepper } = loadConfig(where.folder, {});
  const store = await openStore({ ...where, clock: systemClock });
  const stub: Stub = await openStub(behave);
  await routeTo(store, "chat", [await addStubUpstream(store, { name: "stub", url: stub.url, pepper })]);
  const nowMs = systemClock.now();
  const product = await createProduct(store, { name: "chat", endpoint: "chat", nowMs });
  const price = { kind: "per_unit", perThousandNanos: requestNanos * 1_000n, freeUnits: 0 } as const;
  const planOf = async (cap: number | undefined): Promise<Id<"plan">> => {
    const spendCapNanos = cap === undefined ? null : BigInt(cap) * requestNanos;
    const terms = { product: product.id, currency: "usd", feeNanos: 0n, spendCapNanos, nowMs } as const;
    const name = `plan ${cap ?? "open"} ${++made}`;
    return (await createPlan(store, { ...terms, name, components: [{ unit: "requests", price }] })).id;
  };
  const env = {
    ...process.env,
    MILLRACE_LOG_LEVEL: "fatal",
    ...(where.databaseUrl === undefined ? {} : { DATABASE_URL: where.databaseUrl }),
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const running: LiveServer[] = [];
  let made = 0;
  const openPlan = await planOf(undefined);
  return {
    store,
    async join({ balance = 1_000_000, cap, quota, perMinute, budget }) {
      const terms = { kind: "prepaid" } as const;
      const { id: customer } = await createCustomer(store, { name: `c ${++made}`, currency: "usd", terms, nowMs });
      const amountNanos = BigInt(balance) * requestNanos;
      await receivePayment(store, { customer, amountNanos, reference: `p ${made}`, nowMs });
      const plan = cap === undefined ? openPlan : await planOf(cap);
      await createSubscription(store, { customer, plan, anchorMs: nowMs, timeZone: "UTC", nowMs });
      if (perMinute !== undefined) await setCustomerLimits(store, { customer, requestsPerMinute: perMinute });
      const quotaUnits = quota === undefined ? {} : { quotaUnits: quota };
      const { key, secret } = await createKey(store, { customer, name: "k", pepper, nowMs, ...quotaUnits });
      if (budget) {
        const { worth, scope = "customer", subject = scope === "key" ? key.id : null, every = "month" } = budget;
        const amount = BigInt(worth) * requestNanos;
        const about = {
          customer,
          scope,
          subject,
          every,
          amountNanos: amount,
          mode: "hard",
          setBy: "operator",
        } as const;
        await setBudget(store, { ...about, nowMs });
      }
      const endUser = budget?.scope === "end_user" ? { endUser: "ann" } : {};
      return { customer, key: key.id, secret: secret.reveal(), ...endUser };
    },
    async start(...flags) {
      const server = await startServer(where.folder, env, flags);
      running.push(server);
      return server;
    },
    ask(buyers, places, count, more = {}) {
      const one = (i: number): Promise<number> => {
        const [buyer, place] = [buyers[i % buyers.length], places[i % places.length]];
        return buyer && place ? post(agent, place.url, buyer, more) : Promise.resolve(0);
      };
      return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
    },
    async recorded(customer) {
      const events = store.as<{ usage_events: { id: string; customer: string } }>().selectFrom("usage_events");
      return (await events.select("id").where("customer", "=", customer).execute()).length;
    },
    async close() {
      agent.destroy();
      for (const { child } of running) child.kill("SIGTERM");
      await Promise.all(running.map(({ ended }) => ended));
      await store.close();
      await stub.close();
    },
  };
}

function post(agent: Agent, url: string, { secret, endUser }: Buyer, more: object): Promise<number> {
  const user = endUser === undefined ? {} : { user: endUser };
  const messages = [{ role: "user", content: "hi" }];
  const body = JSON.stringify({ model: "chat", messages, max_tokens: 5, ...user, ...more });
  const headers = headersOf(secret, body);
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("error", () => {});
      response.on("close", () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
    });
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}
