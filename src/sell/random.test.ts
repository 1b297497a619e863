import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { verifyLedger } from "../ledger/index.ts";
import { type Steps, type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import {
  type InvoiceOf,
  type Party,
  addAddon,
  addInvoiceItem,
  applyProviderEvent,
  cancelSubscription,
  changePlan,
  closePeriod,
  collectionsOf,
  createCoupon,
  createPlan,
  createSubscription,
  creditInvoice,
  expireCredits,
  getSubscription,
  grantCredit,
  issueItems,
  listGrants,
  listPayments,
  receivePayment,
  redeemCoupon,
  refundPayment,
  resumeSubscription,
  runDunning,
  settleUnit,
  verifySell,
  writeOffInvoice,
} from "./index.ts";
import { openShop, predictionOf } from "./testing/shop.ts";

const coin = 10_000_000n;

const pick = fc.nat({ max: 20 });
const who = fc.nat({ max: 1 });
const kinds = [
  "use",
  "use",
  "use",
  "close",
  "close",
  "pay",
  "pay",
  "wait",
  "wait",
  "item",
  "issue items",
  "credit",
  "refund",
  "dispute",
  "won",
  "write off",
  "change plan",
  "cancel",
  "resume",
  "restart",
  "addon",
  "coupon",
  "grant",
  "expire",
  "remind",
] as const;
const operation = fc.record({ kind: fc.constantFrom(...kinds), who, pick, coins: fc.integer({ min: 1, max: 90 }) });
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What an independent bookkeeper keeps of a postpaid customer's invoices: plain arrays, no SQL. */
interface Book {
  readonly invoices: {
    readonly id: string;
    readonly payByMs: number;
    open: bigint;
    paid: bigint;
    dead: boolean;
    order: number;
  }[];
  waiting: bigint;
  clock: number;
}

interface World {
  readonly store: Store;
  readonly parties: readonly Party[];
  readonly plans: readonly `plan_${string}`[][];
  readonly book: Book;
  readonly issued: InvoiceOf<"invoice">[];
  nowMs: number;
  count: number;
}

describeEachEngine("random lives of two customers", (stores) => {
  it("keep every law after every operation, and the bookkeeper agrees on what is open", async () => {
    const met = new Map<string, number>();
    const lives = fc.array(operation, { minLength: 30, maxLength: 70, size: "max" });
    const law = fc.asyncProperty(lives, async (operations) => {
      const { store, dispose } = await stores.open();
      try {
        await live(store, operations, met);
      } finally {
        await dispose();
      }
    });
    await fc.assert(law, { numRuns: stores.engine === "sqlite" ? 12 : 3, seed: 11, interruptAfterTimeLimit: 40_000 });
    const done = new Set(met.keys());
    const missed = [...new Set(kinds)].filter((kind) => !done.has(kind));
    expect(stores.engine === "sqlite" ? missed : []).toEqual([]);
  });
});

async function live(store: Store, operations: readonly Operation[], met: Map<string, number>): Promise<void> {
  const world = await openWorld(store);
  for (const op of operations) {
    world.nowMs += 1_000;
    const outcome = await perform(world, op).then(
      () => "done",
      (error: unknown) => {
        if (error instanceof Refusal) return error.code;
        throw error;
      },
    );
    if (outcome === "done") met.set(op.kind, (met.get(op.kind) ?? 0) + 1);
    const story = `${JSON.stringify(op)}: ${outcome}`;
    const checks = [...(await verifyLedger(store, world.nowMs)), ...(await verifySell(store))];
    expect(
      checks.flatMap(({ problems }) => problems),
      story,
    ).toEqual([]);
    expect(await openAmounts(world), story).toEqual(
      Object.fromEntries(world.book.invoices.map(({ id, open }) => [id, open])),
    );
  }
  const { balance, grants } = await prepaidSums(world);
  expect(grants).toBe(balance);
}

async function openWorld(store: Store): Promise<World> {
  const nowMs = testEpochMs;
  const price = { kind: "per_unit", perThousandNanos: 1_234_567_000n, freeUnits: 3 } as const;
  const offers = [
    { terms: { kind: "postpaid", creditLimitNanos: 900_000n * coin } },
    { terms: { kind: "prepaid" }, balanceNanos: 300n * coin },
  ] as const;
  const parties: Party[] = [];
  const plans: `plan_${string}`[][] = [];
  for (const [at, offer] of offers.entries()) {
    const { party } = await openShop(store, { price, feeNanos: 31_005_000n * 10n, nowMs: nowMs + at, ...offer });
    const { plan } = await getSubscription(store, party.subscription);
    const tiers = [
      { upToUnits: 50, perThousandNanos: 9_000_000_000n, flatNanos: 0n },
      { upToUnits: null, perThousandNanos: 2_000_000_000n, flatNanos: 0n },
    ];
    const other = await createPlan(store, {
      product: party.product,
      name: "Other",
      currency: "usd",
      feeNanos: 70n * coin,
      components: [
        { unit: "predictions", price: { kind: "minimum", minimumNanos: 20n * coin, of: { kind: "volume", tiers } } },
      ],
      effectiveAtMs: nowMs - dayMs,
      nowMs,
    });
    parties.push(party);
    plans.push([plan, other.id]);
  }
  await createCoupon(store, {
    code: "HALF",
    discount: { kind: "percent", partsPerMillion: 500_000 },
    periods: 2,
    nowMs,
  });
  return { store, parties, plans, book: { invoices: [], waiting: 0n, clock: 0 }, issued: [], nowMs, count: 0 };
}

const silent = function* (): Steps<void> {
  yield* query(sql`select 1 as told`);
};

async function perform(world: World, op: Operation): Promise<void> {
  const { store, nowMs } = world;
  const party = world.parties[op.who]!;
  const { customer, subscription } = party;
  const reference = `r${world.count++}`;
  const amountNanos = BigInt(op.coins) * coin;
  const [payment] = (await listPayments(store, { customer, limit: 20 })).data.slice(op.pick % 3);
  const invoice = world.issued.filter((each) => each.customer === customer).at(-1 - (op.pick % 3));
  const plan = world.plans[op.who]![op.pick % 2]!;
  switch (op.kind) {
    case "use":
      await store.run(settleUnit, {
        party,
        hold: null,
        prediction: predictionOf(world.count++),
        quantities: { predictions: op.coins },
        costNanos: 0n,
        model: null,
        release: null,
        atMs: nowMs - (op.pick % 3) * dayMs,
        nowMs,
      });
      return;
    case "close": {
      const input = { subscription, asOfMs: nowMs, graceMs: 0, nowMs };
      const closed = await store.perform(closePeriod(input, silent));
      if (closed.state === "issued") issued(world, closed.invoice);
      return;
    }
    case "issue items":
      return issued(world, await store.perform(issueItems({ customer, nowMs }, silent)));
    case "wait":
      world.nowMs += [1, 9, 32][op.pick % 3]! * dayMs;
      return;
    case "pay":
      await receivePayment(store, { customer, amountNanos, reference, provider: "bank", nowMs });
      return count(world, op, amountNanos);
    case "refund":
      if (!payment) return;
      await refundPayment(store, { payment: payment.id, amountNanos, reference, nowMs });
      return count(world, op, -amountNanos);
    case "dispute": {
      if (payment?.provider !== "bank") return;
      const left = payment.amountNanos - payment.refundedNanos - payment.disputedNanos;
      const event = { id: reference, payment: payment.reference, reference, amountNanos } as const;
      await applyProviderEvent(store, "bank", { ...event, kind: "dispute_opened" }, nowMs);
      return count(world, op, -(left < amountNanos ? left : amountNanos));
    }
    case "won": {
      if (payment?.provider !== "bank") return;
      const event = { id: reference, payment: payment.reference, reference, kind: "dispute_won" } as const;
      await applyProviderEvent(store, "bank", event, nowMs);
      return count(world, op, payment.disputedNanos);
    }
    case "credit":
      if (invoice) await creditOf(world, op, invoice);
      return;
    case "write off":
      if (!invoice) return;
      await writeOffInvoice(store, { invoice: invoice.id, nowMs });
      return end(world, invoice.id);
    case "item":
      await addInvoiceItem(store, { customer, service: "project", description: "x", unitNanos: amountNanos, nowMs });
      return;
    case "change plan":
      await changePlan(store, { subscription, plan, proration: op.coins % 2 ? "prorated" : "next_period", nowMs });
      return;
    case "cancel":
      await cancelSubscription(store, { subscription, proration: op.coins % 2 ? "prorated" : "next_period", nowMs });
      return;
    case "resume":
      await resumeSubscription(store, { subscription, nowMs });
      return;
    case "restart":
      await createSubscription(store, { customer, plan, anchorMs: nowMs, timeZone: "UTC", nowMs });
      return;
    case "addon":
      await addAddon(store, { subscription, name: "Seat", feeNanos: amountNanos, nowMs });
      return;
    case "coupon":
      await redeemCoupon(store, { code: "half", subscription, nowMs });
      return;
    case "grant":
      await grantCredit(store, { customer, amountNanos, source: "gift", expiresAtMs: nowMs + 20 * dayMs, nowMs });
      return;
    case "expire":
      await expireCredits(store, nowMs);
      return;
    case "remind":
      await runDunning(store, nowMs);
  }
}

/** Only the postpaid customer's money counts whole towards invoices: the bookkeeper follows that one. */
const followed = (op: Operation): boolean => op.who === 0;

function issued(world: World, invoice: InvoiceOf<"invoice">): void {
  world.issued.push(invoice);
  if (invoice.customer !== world.parties[0]!.customer) return;
  const { id, payByMs, dueNanos } = invoice;
  world.book.invoices.push({ id, payByMs: payByMs ?? 0, open: dueNanos, paid: 0n, dead: false, order: 0 });
  settle(world.book);
}

function count(world: World, op: Operation, nanos: bigint): void {
  if (!followed(op)) return;
  world.book.waiting += nanos;
  settle(world.book);
}

async function creditOf(world: World, op: Operation, invoice: InvoiceOf<"invoice">): Promise<void> {
  const input = { invoice: invoice.id, reason: "goodwill", nowMs: world.nowMs };
  const { state } = await world.store.perform(creditInvoice(input, silent));
  if (state === "already" || !followed(op)) return;
  const own = world.book.invoices.find(({ id }) => id === invoice.id)!;
  const back = invoice.totalNanos - own.open;
  end(world, invoice.id);
  count(world, op, back);
}

function end(world: World, id: string): void {
  const own = world.book.invoices.find((each) => each.id === id);
  if (own) Object.assign(own, { open: 0n, dead: true });
}

/** What waits pays what is due first first; what is missing opens again what was paid last. */
function settle(book: Book): void {
  const byDay = book.invoices.toSorted((a, b) => a.payByMs - b.payByMs || (a.id < b.id ? -1 : 1));
  book.clock++;
  for (const invoice of byDay) {
    const paid = book.waiting < invoice.open ? book.waiting : invoice.open;
    if (paid > 0n) Object.assign(invoice, { open: invoice.open - paid, paid: invoice.paid + paid, order: book.clock });
    if (paid > 0n) book.waiting -= paid;
  }
  const byTime = book.invoices.toSorted((a, b) => b.order - a.order || (a.id < b.id ? 1 : -1));
  for (const invoice of byTime) {
    if (book.waiting >= 0n || invoice.dead) continue;
    const back = invoice.paid < -book.waiting ? invoice.paid : -book.waiting;
    if (back > 0n) Object.assign(invoice, { open: invoice.open + back, paid: invoice.paid - back, order: book.clock });
    book.waiting += back;
  }
}

async function openAmounts(world: World): Promise<Record<string, bigint>> {
  const found = await collectionsOf(
    world.store,
    world.book.invoices.map(({ id }) => id),
  );
  return Object.fromEntries([...found].map(([id, each]) => [id, "openNanos" in each ? each.openNanos : 0n]));
}

async function prepaidSums(world: World): Promise<{ balance: bigint; grants: bigint }> {
  const { customer } = world.parties[1]!;
  const grants = await listGrants(world.store, { customer, nowMs: world.nowMs });
  const [row] = await world.store.perform(
    query<{ balance_nanos: bigint }>(sql`select balance_nanos from ledger_accounts
      where kind = 'customer' and owner = ${customer}`),
  );
  return { balance: row?.balance_nanos ?? 0n, grants: grants.reduce((sum, grant) => sum + grant.remainingNanos, 0n) };
}
