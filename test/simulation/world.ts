import { type Gateway, handlePrediction, handleRelay, openGateway } from "../../src/gateway/index.ts";
import type { Clock, Pause } from "../../src/kernel/clock.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import { type Id, newId } from "../../src/kernel/ids.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Nanos } from "../../src/kernel/money.ts";
import { type Random, seededRandom } from "../../src/kernel/random.ts";
import { Secret } from "../../src/kernel/secret.ts";
import {
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
} from "../../src/sell/index.ts";
import { type Serving, type Target, deployRelease, getEndpoint, routeRequest } from "../../src/serve/index.ts";
import type { Store } from "../../src/store/index.ts";
import { testEpochMs } from "../../src/store/testing/engines.ts";
import { type Scheduler, createScheduler } from "../../src/store/testing/scheduler.ts";
import { openSimulatedDatabase } from "../../src/store/testing/simulated.ts";
import { answerTokensMax, chatEndpoint, simulatedRoute, simulatedUpstreams } from "./upstream.ts";

export const endpoint = "spam-filter";
const pepper = new Secret("a pepper for simulations, long enough");

/** What the seed decided this customer is, and what the auditor knows of it without asking any database. */
export interface SimulatedCustomer {
  readonly id: Id<"customer">;
  readonly secret: Secret;
  readonly priceNanos: Nanos;
  readonly freeUnits: number;
  readonly quotaUnits: number | undefined;
  /** Payments that were booked, and one whose process died before it could say so. */
  paidNanos: Nanos;
}

/** What one token costs that is written behind the language door. */
export const tokenNanos = 1_000_000n;

/** What a caller asks for. */
export interface Question {
  readonly input: string;
  readonly idempotencyKey: string | undefined;
  /** `stream`: it may leave after so many events, which it then has. */
  readonly door: "predictions" | "chat" | "stream";
  readonly leavesAfter: number | undefined;
}

/** What the caller has at the end. */
export interface Reply {
  readonly id: Id<"prediction">;
  readonly replayed: boolean;
  /** That reached it, of a language door. */
  readonly tokens: number;
  readonly isWhole: boolean;
}

export interface SimulatedClock extends Clock {
  /** Negative: the machine's clock is set back; what has elapsed goes on. */
  advance(ms: number): void;
}

/** A process of the server: it dies as a whole, and the next life of the same number knows nothing. */
export interface SimulatedProcess {
  readonly life: number;
  readonly store: Store;
  readonly gateway: Gateway;
}

export interface World {
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly scheduler: Scheduler;
  readonly customers: readonly SimulatedCustomer[];
  /** The processes that live now. */
  readonly processes: SimulatedProcess[];
  /** What is sold behind the language door. */
  readonly chat: Id<"product">;
  /** Of somebody who watches and never dies. */
  readonly store: Store;
  kill(process: SimulatedProcess): void;
  ask(process: SimulatedProcess, customer: SimulatedCustomer, question: Question): Promise<Reply>;
  /** Runs the scheduler until this has happened. */
  until<T>(work: Promise<T>): Promise<T>;
  dispose(): void;
}

export async function openWorld(seed: string, replicas = 2): Promise<World> {
  const random = seededRandom(seed);
  const clock = simulatedClock(testEpochMs);
  const scheduler = createScheduler(random.fork("schedule"));
  const database = openSimulatedDatabase(scheduler, clock.now());
  const watcher = database.storeOf(0);
  const until = async <T>(work: Promise<T>): Promise<T> => {
    const state = { ended: false };
    const marked = work.finally(() => (state.ended = true));
    marked.catch(() => {}); // it is awaited below
    while (!state.ended) {
      if (!(await scheduler.step()) && !state.ended) throw new Error("what is waited for cannot happen");
    }
    return marked;
  };
  const target = await until(openEndpoint(watcher, clock));
  const route = simulatedRoute(clock.now());
  const { customers, chat } = await until(openCustomers(watcher, clock, random.fork("customers")));
  clock.advance(24 * 3_600_000); // no clock is set back to before the subscriptions began
  let lives = 0;
  const birth = (): SimulatedProcess => {
    const life = ++lives;
    const store = database.storeOf(life);
    const serving = simulatedServing(life, scheduler, target, random.fork(`model ${life}`));
    const gateway = openGateway({
      store,
      serving,
      upstreams: simulatedUpstreams(life, scheduler, route, random.fork(`upstream ${life}`)),
      clock,
      pause: simulatedPause(life, scheduler),
      log: silentLog,
      pepper,
      computePriceNanosPerHour: 3_600_000_000n,
    });
    return { life, store, gateway };
  };
  const processes = Array.from({ length: replicas }, birth);
  return {
    random,
    clock,
    scheduler,
    customers,
    chat,
    processes,
    store: watcher,
    until,
    kill(process) {
      scheduler.kill(process.life);
      database.forget(process.life);
      processes[processes.indexOf(process)] = birth();
    },
    ask: (process, customer, question) =>
      question.door === "predictions"
        ? predict(process, customer, question)
        : converse(process, customer, question, scheduler),
    dispose: () => database.dispose(),
  };
}

const keyOf = ({ idempotencyKey }: Question) => (idempotencyKey === undefined ? {} : { idempotencyKey });

async function predict(
  { gateway }: SimulatedProcess,
  { secret }: SimulatedCustomer,
  question: Question,
): Promise<Reply> {
  const request = { secret, endpoint, input: question.input, requestId: "req_simulated", ...keyOf(question) };
  const { answer, replayed } = await handlePrediction(gateway, request);
  return { id: answer.id, replayed, tokens: 0, isWhole: true };
}

/** Through the language door, to an upstream. A caller of a stream takes its events when the scheduler lets it, or leaves. */
async function converse(
  { gateway, life }: SimulatedProcess,
  { secret }: SimulatedCustomer,
  question: Question,
  scheduler: Scheduler,
): Promise<Reply> {
  const { input, door, leavesAfter } = question;
  const caller = new AbortController();
  let events = 0;
  let tokens = 0;
  const send = (event: string): Promise<void> | void => {
    if (caller.signal.aborted) return;
    tokens += wordsIn(event);
    if (++events === leavesAfter) caller.abort();
    return events % 3 === 0 ? scheduler.call(life, "caller", () => {}) : undefined;
  };
  const stream = door === "stream";
  const messages = [{ role: "user", content: input }];
  const { answered, rest, broke } = await handleRelay(gateway, {
    secret,
    endpoint: chatEndpoint,
    api: "chat",
    body: { model: chatEndpoint, messages, max_tokens: answerTokensMax, stream },
    requestId: "req_simulated",
    signal: caller.signal,
    ...keyOf(question),
    ...(stream ? { delivery: { send } } : {}),
  });
  if (!caller.signal.aborted) tokens += wordsIn(rest);
  const isWhole = !broke && !caller.signal.aborted;
  return { id: answered.answer.id, replayed: answered.replayed, tokens, isWhole };
}

const wordsIn = (text: string): number => text.split("mill").length - 1;

function simulatedClock(startMs: number): SimulatedClock {
  let [nowMs, elapsedMs] = [startMs, 0];
  return {
    now: () => nowMs,
    elapsed: () => elapsedMs,
    advance(ms) {
      nowMs += ms;
      elapsedMs += Math.max(0, ms);
    },
  };
}

/** Over when the scheduler says so, or when it is cut short. */
function simulatedPause(life: number, scheduler: Scheduler): Pause {
  return () => {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    void scheduler.call(life, "pause", () => {}).then(end);
    return { over, end: () => end() };
  };
}

async function openEndpoint(store: Store, clock: Clock): Promise<Target> {
  const nowMs = clock.now();
  await store.run(deployRelease, { endpoint, model: newId("model", nowMs), role: "champion", nowMs });
  const found = await getEndpoint(store, endpoint);
  return { endpoint: found, release: routeRequest(found, newId("customer", nowMs)), shadows: [] };
}

/** Rich and poor, with and without a quota, on a plan with an allowance and on one without. */
async function openCustomers(
  store: Store,
  clock: Clock,
  random: Random,
): Promise<{ customers: SimulatedCustomer[]; chat: Id<"product"> }> {
  const nowMs = clock.now();
  const product = await createProduct(store, { name: "Filter", endpoint, nowMs });
  const chat = await createProduct(store, { name: "Chat", endpoint: chatEndpoint, nowMs });
  const perToken = { kind: "per_unit", perThousandNanos: tokenNanos * 1_000n, freeUnits: 0 } as const;
  const talk = await createPlan(store, {
    product: chat.id,
    name: "talk",
    currency: "usd",
    feeNanos: 0n,
    components: [{ unit: "output_tokens", price: perToken }],
    nowMs,
  });
  const plans = [];
  for (const [name, priceNanos, freeUnits] of [
    ["plain", 10_000_000n, 0],
    ["generous", 7_001_000n, 40],
  ] as const) {
    const price = { kind: "per_unit", perThousandNanos: priceNanos * 1_000n, freeUnits } as const;
    const components = [{ unit: "predictions", price }] as const;
    const terms = { product: product.id, name, currency: "usd", feeNanos: 0n, components, nowMs } as const;
    plans.push({ plan: await createPlan(store, terms), priceNanos, freeUnits });
  }
  const customers: SimulatedCustomer[] = [];
  for (let i = 0; i < 6; i++) {
    const { plan, priceNanos, freeUnits } = plans[i % 2] ?? plans[0] ?? fail();
    const terms = { kind: "prepaid" } as const;
    const { id } = await createCustomer(store, { name: `Customer ${i}`, currency: "usd", terms, nowMs });
    const paidNanos = i < 3 ? BigInt(1 + random.below(60)) * 10_000_000n : 10_000_000_000_000n;
    await receivePayment(store, { customer: id, amountNanos: paidNanos, reference: "first", nowMs });
    for (const sold of [plan.id, talk.id])
      await createSubscription(store, { customer: id, plan: sold, anchorMs: nowMs, timeZone: "UTC", nowMs });
    const quotaUnits = i === 5 ? 50 + random.below(500) : undefined;
    const quota = quotaUnits === undefined ? {} : { quotaUnits };
    const { secret } = await createKey(store, { customer: id, name: "key", pepper, nowMs, ...quota });
    customers.push({ id, secret, priceNanos, freeUnits, quotaUnits, paidNanos });
  }
  return { customers, chat: chat.id };
}

/** A model that answers, now and then refuses, and takes as long as the scheduler lets it. */
function simulatedServing(life: number, scheduler: Scheduler, target: Target, random: Random): Serving {
  const unsupported = (): never => {
    throw new Error("a simulated model only predicts");
  };
  return {
    route: async () => target,
    infer: (_model, input) =>
      scheduler.call(life, "model", () => {
        if (random.next() < 0.03) throw new Refusal("unavailable", "The model is busy.", { retryAfterSeconds: 1 });
        const label = input.length % 2 === 0 ? "spam" : "ham";
        const probabilities = { ham: label === "ham" ? 0.9 : 0.1, spam: label === "spam" ? 0.9 : 0.1 };
        return { output: { label, probability: 0.9, probabilities }, computeMs: 1, batchSize: 1 };
      }),
    write: unsupported,
    vectors: unsupported,
    embed: unsupported,
    forget: () => {},
    stats: () => ({ loadedModels: 1, waiting: 0, batches: 0, inferences: 0 }),
    close: async () => {},
  };
}

function fail(): never {
  throw new Error("there is a plan");
}
