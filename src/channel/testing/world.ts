import { dayMs } from "../../kernel/clock.ts";
import { Refusal, must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import {
  type Party,
  admitUnit,
  listInvoices,
  receivePayment,
  releaseUnit,
  settleUnit,
  sweepHolds,
} from "../../sell/index.ts";
import { openShop, predictionOf } from "../../sell/testing/shop.ts";
import type { Store } from "../../store/index.ts";
import { testEpochMs } from "../../store/testing/engines.ts";
import { attributeCustomer, closeMonth, createPartner, issueCreditNote } from "../index.ts";
import * as auditor from "./auditor.ts";
import type { Operation } from "./operations.ts";

const graceMs = 3_600_000;
const rates = [
  { free: 8, nanos: 1_234_567n },
  { free: 20, nanos: 321_123n },
];
const common = { rates, feeNanos: 24_995_000n };
const units = ["predictions", "output_tokens"] as const;
const rulesOf: readonly auditor.Rules[] = [
  { ...common, capNanos: null, quotaUnits: 90, limitNanos: 0n, postpaid: false },
  { ...common, capNanos: 70_000_000n, quotaUnits: null, limitNanos: 95_000_000n, postpaid: true },
];

export interface World {
  readonly store: Store;
  readonly books: readonly auditor.Books[];
  readonly parties: readonly Party[];
  readonly holds: readonly Map<auditor.HoldBook, Id<"hold">>[];
  readonly partner: Id<"partner">;
  number: number;
  nowMs: number;
  prediction: number;
}

/** Two customers under different rules, one partner, empty books. */
export async function openWorld(store: Store): Promise<World> {
  const nowMs = testEpochMs;
  const { id: partner } = await createPartner(store, {
    name: "Partner",
    channel: "referral",
    commissionBasisPoints: 1_750,
    nowMs,
  });
  const parties: Party[] = [];
  for (const [at, rules] of rulesOf.entries()) {
    const components = units.map((unit, rate) => {
      const { free, nanos } = must(rules.rates[rate], "each unit has a rate");
      return { unit, price: { kind: "per_unit", perThousandNanos: nanos * 1_000n, freeUnits: free } } as const;
    });
    const terms = rules.postpaid
      ? ({ kind: "postpaid", creditLimitNanos: rules.limitNanos } as const)
      : ({ kind: "prepaid" } as const);
    const { feeNanos, capNanos: spendCapNanos, quotaUnits } = rules;
    parties.push(
      (await openShop(store, { components, terms, feeNanos, spendCapNanos, quotaUnits, nowMs: nowMs + at })).party,
    );
  }
  const books = rulesOf.map(auditor.openBooks);
  const holds = rulesOf.map(() => new Map<auditor.HoldBook, Id<"hold">>());
  return { store, books, parties, holds, partner, number: 0, nowMs, prediction: 0 };
}

/** What really happened, in the auditor's words. */
async function did<T>(work: Promise<T>, say: (result: T) => string): Promise<string> {
  return work.then(say, (error: unknown) => {
    if (error instanceof Refusal) return error.code;
    throw error;
  });
}

/** Does one operation and returns what happened and what the auditor had predicted. */
export async function perform(world: World, op: Operation): Promise<{ real: string; predicted: string }> {
  const { store, nowMs } = world;
  switch (op.kind) {
    case "pay":
      return pay(world, op);
    case "admit":
      return admit(world, op);
    case "settle":
    case "settle again":
    case "settle late":
      return settle(world, op);
    case "release": {
      const [book, hold] = pickHold(world, op);
      if (!book || !hold) return { real: "", predicted: "" };
      const predicted = auditor.release(booksOf(world, op.who), book);
      return { predicted, real: await did(store.run(releaseUnit, { hold, nowMs }), (state) => state) };
    }
    case "wait": {
      world.nowMs += op.ms;
      const predicted = world.books.map((books) => auditor.sweep(books, world.nowMs)).reduce((a, b) => a + b, 0);
      return { predicted: `${predicted} expired`, real: `${await sweepHolds(store, world.nowMs)} expired` };
    }
    case "close":
      return close(world, op);
    case "credit":
      return credit(world, op);
    case "attribute": {
      const books = booksOf(world, op.who);
      const predicted = books.partnerShare === null ? "attributed" : "already";
      books.partnerShare = 1_750n;
      const { customer } = partyOf(world, op.who);
      const work = attributeCustomer(store, { customer, partner: world.partner, reason: "a link", nowMs });
      return { predicted, real: await did(work, ({ state }) => state) };
    }
  }
}

async function pay(world: World, op: Operation & { kind: "pay" }): Promise<{ real: string; predicted: string }> {
  const reference = `transfer ${op.reference}`;
  const predicted = auditor.pay(booksOf(world, op.who), reference, op.nanos);
  const { customer } = partyOf(world, op.who);
  const work = receivePayment(world.store, { customer, amountNanos: op.nanos, reference, nowMs: world.nowMs });
  return { predicted, real: await did(work, ({ state }) => state) };
}

async function admit(world: World, op: Operation & { kind: "admit" }): Promise<{ real: string; predicted: string }> {
  const { store, nowMs } = world;
  const books = booksOf(world, op.who);
  const requestKey = `request ${op.request}`;
  const predicted = auditor.admit(books, requestKey, [op.units, op.tokens], nowMs, 60_000);
  const quantities = { predictions: op.units, output_tokens: op.tokens };
  const work = store.run(admitUnit, { party: partyOf(world, op.who), quantities, requestKey, nowMs });
  const real = await did(work, (admission) => {
    if (admission.state === "duplicate") return `duplicate ${admission.holdState}`;
    holdsOf(world, op.who).set(must(books.holds.at(-1), "the auditor admitted it too"), admission.hold);
    return `admitted ${admission.amountNanos}`;
  });
  return { predicted, real };
}

/** Predictions and tokens: fewer or more than were held. */
function usedBy(op: Settle, book: auditor.HoldBook | undefined): [number, number] {
  if (op.kind === "settle late") return [op.units, 0];
  if (op.kind === "settle again") return [1, 0];
  const [answers = 1, tokens = 0] = book?.units ?? [];
  return [Math.max(1, answers + op.units), Math.max(0, tokens + op.tokens)];
}

type Settle = Operation & { kind: "settle" | "settle again" | "settle late" };

async function settle(world: World, op: Settle): Promise<{ real: string; predicted: string }> {
  const { store, nowMs } = world;
  const books = booksOf(world, op.who);
  const [book, hold] = op.kind === "settle late" ? [undefined, undefined] : pickHold(world, op);
  if (op.kind === "settle" && !book) return { real: "", predicted: "" };
  const event = op.kind === "settle again" ? books.events[op.event % Math.max(books.events.length, 1)] : undefined;
  if (op.kind === "settle again" && !event) return { real: "", predicted: "" };
  const prediction = event?.prediction ?? world.prediction++;
  const [answers, tokens] = usedBy(op, book);
  const atMs = op.kind === "settle late" ? Math.max(testEpochMs - dayMs, nowMs - op.backMs) : nowMs;
  const costNanos = BigInt(answers) * 1_000n;
  const predicted = auditor.settle(books, book, { prediction, units: [answers, tokens], costNanos, atMs });
  const model = op.kind === "settle" ? op.model : null;
  const usage = {
    hold: hold ?? null,
    prediction: predictionOf(prediction),
    quantities: { predictions: answers, output_tokens: tokens },
    costNanos,
    model,
    release: null,
    atMs,
    nowMs,
  };
  const party = { ...partyOf(world, op.who), partner: books.partnerShare === null ? null : world.partner };
  const work = store.run(settleUnit, { ...usage, party });
  return { predicted, real: await did(work, ({ state, amountNanos }) => `${state} ${amountNanos}`) };
}

async function close(world: World, op: Operation & { kind: "close" }): Promise<{ real: string; predicted: string }> {
  const { store, nowMs } = world;
  const asOfMs = nowMs + op.inMs;
  for (const books of world.books) auditor.sweep(books, nowMs);
  let [issuedNow, inFlightNow] = [0, 0];
  for (let due = world.books; due.length > 0;) {
    due = due.filter((books) => {
      const outcome = auditor.close(books, asOfMs, graceMs, world.number + 1);
      if (outcome === "in_flight") inFlightNow++;
      if (outcome !== "issued") return false;
      issuedNow++;
      world.number++;
      return true;
    });
  }
  const predicted = `${issuedNow} issued, ${inFlightNow} in flight`;
  const work = closeMonth(store, { asOfMs, graceMs, nowMs });
  return {
    predicted,
    real: await did(work, ({ issued, inFlight }) => `${issued.length} issued, ${inFlight.length} in flight`),
  };
}

async function credit(world: World, op: Operation & { kind: "credit" }): Promise<{ real: string; predicted: string }> {
  const { store, nowMs } = world;
  const books = booksOf(world, op.who);
  const invoices = books.invoices.filter((invoice) => invoice.kind === "invoice");
  const invoice = invoices[op.invoice % Math.max(invoices.length, 1)];
  if (!invoice) return { real: "", predicted: "" };
  const predicted = auditor.credit(books, invoice, world.number + 1);
  if (predicted === "credited") world.number++;
  const { customer } = partyOf(world, op.who);
  const all = await listInvoices(store, { customer, limit: 100 });
  const document = all.data.find(({ number }) => number === invoice.number);
  const id = must(document, "what the auditor issued is issued").id as Id<"invoice">;
  return {
    predicted,
    real: await did(issueCreditNote(store, { invoice: id, reason: "goodwill", nowMs }), ({ state }) => state),
  };
}

function pickHold(
  world: World,
  op: { who: number; hold: number },
): [auditor.HoldBook | undefined, Id<"hold"> | undefined] {
  const { holds } = booksOf(world, op.who);
  const open = holds.filter((hold) => hold.state === "open");
  const among = open.length > 0 && op.hold % 4 !== 0 ? open : holds; // sometimes one that has ended
  const book = among[op.hold % Math.max(among.length, 1)];
  return [book, book && holdsOf(world, op.who).get(book)];
}

const booksOf = (world: World, who: number): auditor.Books => must(world.books[who], "a customer has books");
const partyOf = (world: World, who: number): Party => must(world.parties[who], "a customer has a key");
const holdsOf = (world: World, who: number): Map<auditor.HoldBook, Id<"hold">> =>
  must(world.holds[who], "a customer has holds");
