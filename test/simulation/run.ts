import { closeMonth } from "../../src/channel/index.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import { drawIdsFrom } from "../../src/kernel/ids.ts";
import { limits } from "../../src/kernel/limits.ts";
import { pick, seededRandom } from "../../src/kernel/random.ts";
import { receivePayment } from "../../src/sell/index.ts";
import { defaultPolicy } from "../../src/upstream/index.ts";
import type { Store } from "../../src/store/index.ts";
import { type Seen, audit } from "./audit.ts";
import { type Question, type SimulatedCustomer, type World, openWorld } from "./world.ts";

export interface SimulationOptions {
  readonly seed: string;
  /** Paid requests, each with whatever befalls it. */
  readonly requests: number;
}

export interface SimulationReport {
  readonly requests: number;
  readonly answered: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Requests whose process died under them. */
  readonly lost: number;
  readonly deaths: number;
  readonly audits: number;
  readonly invoices: number;
  /** Holds that covered many requests. */
  readonly leases: number;
  /** Equal for equal seeds: what happened, in its order. */
  readonly trace: number;
}

/** Requests between two audits. */
const chapterRequests = 400;
const callers = 24;
/** How often a step is one of these, in a thousand. */
const perMille = { death: 4, sweep: 6, tend: 20, payment: 6, close: 2 } as const;
/** One step in so many moves the clock: requests come in bursts, and then leases are worth it. */
const clockEvery = 400;

/** Throws where a law is broken; the seed in the message replays it. */
export async function simulate({ seed, requests }: SimulationOptions): Promise<SimulationReport> {
  const ids = seededRandom(`${seed}/ids`);
  const drawAsBefore = drawIdsFrom((bytes) => Uint8Array.from({ length: bytes }, () => ids.below(256)));
  const world = await openWorld(seed);
  let leases = 0;
  const story: Story = { seen: [], payments: [], deaths: 0, audits: 0, invoices: 0, begun: 0 };
  try {
    while (story.begun < requests) {
      await chapter(world, story, Math.min(requests, story.begun + chapterRequests));
      await settleDown(world, story);
      await world.until(audit(world, story.seen));
      story.audits++;
    }
    leases = await world.until(countLeases(world.store));
  } catch (error) {
    throw new Error(`The simulation with seed "${seed}" broke after ${story.begun} requests: ${String(error)}`, {
      cause: error,
    });
  } finally {
    world.dispose();
    drawAsBefore();
  }
  return { ...reportOf(story, world.scheduler.trace()), leases };
}

async function countLeases(store: Store): Promise<number> {
  const holds = store.as<{ ledger_holds: { owner: string } }>().selectFrom("ledger_holds");
  const { n } = await holds
    .select((e) => e.fn.countAll<number>().as("n"))
    .where("owner", "like", "lease/%")
    .executeTakeFirstOrThrow();
  return n;
}

interface Story {
  readonly seen: Seen[];
  readonly payments: Payment[];
  deaths: number;
  audits: number;
  invoices: number;
  begun: number;
}

/** Money that a provider tells of until it is told that it was heard. */
interface Payment {
  readonly customer: SimulatedCustomer;
  readonly amountNanos: bigint;
  readonly reference: string;
  heard: boolean;
}

/** Callers, payments, sweeps, invoices, deaths and a restless clock, until so many requests have begun and ended. */
async function chapter(world: World, story: Story, untilBegun: number): Promise<void> {
  const { random, clock, scheduler } = world;
  const open = new Set<Seen>();
  for (;;) {
    while (open.size < callers && story.begun < untilBegun) begin(world, story, open);
    if (open.size === 0) return;
    const happening = drawHappening(random.below(1_000));
    if (happening === "death") die(world, story, open);
    else if (happening !== undefined) background(happenings[happening](world, story));
    else if (random.below(clockEvery) === 0) clock.advance(restlessMs(world));
    if (!(await scheduler.step()) && open.size > 0) throw new Error(`${open.size} calls wait for nothing`);
  }
}

type Happening = keyof typeof perMille;

function drawHappening(drawn: number): Happening | undefined {
  let upTo = 0;
  return (Object.keys(perMille) as Happening[]).find((name) => drawn < (upTo += perMille[name]));
}

const happenings: { readonly [H in Exclude<Happening, "death">]: (world: World, story: Story) => Promise<void> } = {
  sweep: async ({ processes, random, clock }) => void (await pick(processes, random).gateway.sweep(clock.now())),
  tend: ({ processes, random }) => pick(processes, random).gateway.tend(),
  payment: pay,
  close,
};

/** Mostly forward by a little; now and then past a hold's expiry or into another month, or back. */
function restlessMs({ random }: World): number {
  const drawn = random.below(100);
  if (drawn < 70) return random.below(500);
  if (drawn < 85) return -random.below(20_000);
  if (drawn < 97) return random.below(2 * limits.holdTtlMs);
  return random.below(12 * 24 * 3_600_000);
}

function begin(world: World, story: Story, open: Set<Seen>): void {
  const { random } = world;
  const process = pick(world.processes, random);
  const earlier = story.seen.length > 0 && random.below(5) === 0 ? pick(story.seen, random) : undefined;
  const repeats = earlier?.question.idempotencyKey === undefined ? undefined : earlier;
  const customer = repeats?.customer ?? pick(world.customers.slice(random.below(world.customers.length)), random);
  const n = story.begun++;
  const seen: Seen = {
    customer,
    question: repeats?.question ?? drawQuestion(world, n),
    life: process.life,
    end: { state: "open" },
  };
  story.seen.push(seen);
  open.add(seen);
  world.ask(process, customer, seen.question).then(
    (reply) => finish(seen, open, { state: "answered", reply }),
    (error: unknown) => finish(seen, open, { state: "refused", why: whyOf(error), error }),
  );
}

function drawQuestion({ random }: World, n: number): Question {
  const door = (["predictions", "predictions", "chat", "stream"] as const)[random.below(4)] ?? "predictions";
  return {
    door,
    input: `text ${n}`,
    idempotencyKey: random.below(2) === 0 ? `key ${n}` : undefined,
    leavesAfter: door === "stream" && random.below(6) === 0 ? 1 + random.below(6) : undefined,
  };
}

function finish(seen: Seen, open: Set<Seen>, end: Seen["end"]): void {
  if (!open.delete(seen)) throw new Error("a request ended twice");
  seen.end = end;
}

const whyOf = (error: unknown): string => (error instanceof Refusal ? error.code : `bug: ${String(error)}`);

function die(world: World, story: Story, open: Set<Seen>): void {
  const process = pick(world.processes, world.random);
  world.kill(process);
  story.deaths++;
  for (const seen of open) if (seen.life === process.life) finish(seen, open, { state: "lost" });
}

/** Work whose process may die under it: then it never ends. What it refuses is a law's business at the next audit. */
function background(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
  });
}

async function pay(world: World, story: Story): Promise<void> {
  const { random, payments } = { ...world, ...story };
  const customer = pick(world.customers, random);
  const amountNanos = BigInt(1 + random.below(30)) * 10_000_000n;
  const payment = { customer, amountNanos, reference: `payment ${payments.length}`, heard: false };
  payments.push(payment);
  await tell(world, payment, pick(world.processes, random).store);
  await tell(world, payment, pick(world.processes, random).store); // a provider tells many things twice
}

async function tell({ clock }: World, payment: Payment, store: Store): Promise<void> {
  const { customer, amountNanos, reference } = payment;
  await receivePayment(store, { customer: customer.id, amountNanos, reference, nowMs: clock.now() });
  if (!payment.heard) customer.paidNanos += amountNanos;
  payment.heard = true;
}

async function close(world: World, story: Story): Promise<void> {
  const { store } = pick(world.processes, world.random);
  const nowMs = world.clock.now();
  story.invoices += (await closeMonth(store, { asOfMs: nowMs, nowMs })).issued.length;
}

/** A request to an upstream holds for as long as its route lets it take; twice that, because the clock is also set back. */
const longestHoldMs = 2 * defaultPolicy.timeouts.totalMs;

/** No new work; what is under way ends, payments are told until they are heard, holds that nobody ended run out. */
async function settleDown(world: World, { payments }: Story): Promise<void> {
  while (await world.scheduler.step());
  for (const payment of payments) if (!payment.heard) await world.until(tell(world, payment, world.store));
  world.clock.advance(longestHoldMs);
  for (const { gateway } of world.processes) await world.until(gateway.tend());
  for (const { gateway } of world.processes) await world.until(gateway.sweep(world.clock.now()));
  while (await world.scheduler.step());
}

function reportOf({ seen, begun, deaths, audits, invoices }: Story, trace: number): Omit<SimulationReport, "leases"> {
  const refused: Record<string, number> = {};
  for (const { end } of seen) if (end.state === "refused") refused[end.why] = (refused[end.why] ?? 0) + 1;
  const count = (state: Seen["end"]["state"]): number => seen.filter(({ end }) => end.state === state).length;
  return {
    requests: begun,
    answered: count("answered"),
    refused,
    lost: count("lost"),
    deaths,
    audits,
    invoices,
    trace,
  };
}
