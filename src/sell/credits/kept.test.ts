import fc from "fast-check";
import { expect, it } from "vitest";
import { dayMs } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import { verifyLedger } from "../../ledger/index.ts";
import { type Steps, type Store, query, sql } from "../../store/index.ts";
import { describeEachEngine, testEpochMs } from "../../store/testing/engines.ts";
import {
  type Party,
  admitUnit,
  authenticate,
  balanceOfCustomer,
  closePeriod,
  createCoupon,
  createCustomer,
  createPlan,
  createProduct,
  createSubscription,
  creditInvoice,
  expireCredits,
  grantCredit,
  leaseUnit,
  listGrants,
  partyFor,
  receivePayment,
  listPayments,
  redeemCoupon,
  refundPayment,
  releaseUnit,
  settleUnit,
  shrinkUnit,
  verifySell,
} from "../index.ts";
import type { Price } from "../price.ts";
import { openShop, pepper, predictionOf } from "../testing/shop.ts";
import { KeptModel } from "./testing/kept-model.ts";

const coin = 10_000_000n;
const plain: Price = { kind: "per_unit", perThousandNanos: 10_000_000_000n, freeUnits: 0 }; // a coin each
const stepped: Price = {
  kind: "graduated",
  tiers: [
    { upToUnits: 20, perThousandNanos: 0n, flatNanos: 0n },
    { upToUnits: 60, perThousandNanos: 10_000_000_000n, flatNanos: 3n * coin },
    { upToUnits: null, perThousandNanos: 40_000_000_000n, flatNanos: 0n },
  ],
};

const silent = function* (): Steps<void> {
  yield* query(sql`select 1 as told`);
};

interface World {
  readonly store: Store;
  /** Of one customer, one for each of two products. */
  readonly parties: readonly [Party, Party];
  nowMs: number;
}

async function openWorld(store: Store, price: Price, balanceNanos: bigint): Promise<World> {
  const nowMs = testEpochMs;
  const { party, secret } = await openShop(store, { price, balanceNanos });
  const { customer } = party;
  const product = await createProduct(store, { name: "Second", endpoint: "second", nowMs });
  const components = [{ unit: "predictions", price } as const];
  const offer = { name: "Second", currency: "usd", feeNanos: 0n, components, effectiveAtMs: nowMs, nowMs } as const;
  const plan = await createPlan(store, { ...offer, product: product.id });
  await createSubscription(store, { customer, plan: plan.id, anchorMs: nowMs, timeZone: "UTC", nowMs });
  const grant = await authenticate(store, secret, pepper);
  return { store, parties: [party, partyFor(grant, "second")], nowMs };
}

async function lawsHold({ store, nowMs }: World, story: string): Promise<void> {
  const checks = [...(await verifyLedger(store, nowMs)), ...(await verifySell(store))];
  expect(
    checks.flatMap(({ problems }) => problems),
    story,
  ).toEqual([]);
}

const settlement = (party: Party, hold: Id<"hold"> | null, n: number, predictions: number, atMs: number) => ({
  party,
  hold,
  prediction: predictionOf(n),
  quantities: { predictions },
  costNanos: 0n,
  model: null,
  release: null,
  atMs,
  nowMs: atMs,
});

const kinds = ["admit", "admit", "settle", "settle", "release", "late", "grant", "pay", "close", "credit", "expire"];
const operation = fc.record({
  kind: fc.constantFrom(...kinds, "wait", "refund"),
  who: fc.nat({ max: 1 }),
  pick: fc.nat({ max: 50 }),
  coins: fc.integer({ min: 1, max: 40 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Kept credit has paid half of a month, which a coupon makes half as dear and credit notes take back. */
const firstMonth: readonly Operation[] = [
  { kind: "grant", who: 0, pick: 0, coins: 30 },
  { kind: "late", who: 0, pick: 0, coins: 40 },
  { kind: "wait", who: 0, pick: 2, coins: 1 },
  { kind: "close", who: 0, pick: 0, coins: 1 },
  { kind: "credit", who: 0, pick: 0, coins: 5 },
  { kind: "credit", who: 0, pick: 0, coins: 4 },
];

interface Life {
  readonly world: World;
  readonly model: KeptModel;
  readonly open: { readonly hold: Id<"hold">; readonly who: 0 | 1 }[];
  readonly invoices: { readonly id: Id<"invoice">; readonly period: Id<"period">; left: bigint }[];
  count: number;
}

async function perform(life: Life, op: Operation): Promise<void> {
  const { world, model, open, invoices } = life;
  const { store, nowMs } = world;
  const who = op.who === 0 ? 0 : 1;
  const party = world.parties[who];
  const { customer, product, subscription } = party;
  const amountNanos = BigInt(op.coins) * coin;
  switch (op.kind) {
    case "admit":
      return admit(life, who, op.coins);
    case "settle":
    case "release": {
      const [request] = open.splice(op.pick % Math.max(open.length, 1), 1);
      if (!request) return;
      if (op.kind === "release") {
        await store.run(releaseUnit, { hold: request.hold, nowMs });
        return model.release(request.hold);
      }
      const input = settlement(world.parties[request.who], request.hold, life.count++, op.coins, nowMs);
      const { period } = await store.run(settleUnit, input);
      return model.settle({ hold: request.hold, period, product: input.party.product, chargeNanos: amountNanos });
    }
    case "late": {
      const { period } = await store.run(settleUnit, settlement(party, null, life.count++, op.coins, nowMs));
      return model.settle({ hold: null, period, product, chargeNanos: amountNanos });
    }
    case "grant": {
      const products = [[product], world.parties.map((each) => each.product), null][op.pick % 3] ?? null;
      const days = op.pick % 2 === 0 || products === null ? null : 20;
      const expiresAtMs = days === null ? null : nowMs + days * dayMs;
      const input = { customer, amountNanos, source: "gift", products, priority: op.pick, expiresAtMs, nowMs };
      const { id } = await grantCredit(store, input);
      return model.grant({ id, products, amountNanos, priority: op.pick, expiresAtMs });
    }
    case "pay":
      await receivePayment(store, { customer, amountNanos, reference: `p${life.count++}`, nowMs });
      return model.receive(amountNanos);
    case "refund": {
      const [payment] = (await listPayments(store, { customer, limit: 1 })).data;
      if (!payment) return;
      const back = { payment: payment.id, amountNanos: coin, reference: `b${life.count++}`, nowMs };
      const done = await refundPayment(store, back).catch(refusedWith("insufficient_credit", "conflict"));
      if (done) model.refund(coin);
      return;
    }
    case "close": {
      const closed = await store.perform(closePeriod({ subscription, asOfMs: nowMs, graceMs: 0, nowMs }, silent));
      if (closed.state !== "issued") return;
      const { id, period, totalNanos } = closed.invoice;
      if (period === null) throw new Error("an invoice of a period names it");
      invoices.push({ id, period, left: totalNanos });
      return model.close(period, totalNanos);
    }
    case "credit": {
      const invoice = invoices[op.pick % Math.max(invoices.length, 1)];
      if (!invoice || invoice.left === 0n) return;
      const partNanos = amountNanos < invoice.left ? amountNanos : invoice.left;
      const part = { invoice: invoice.id, reason: "goodwill", amountNanos: partNanos, nowMs };
      await store.perform(creditInvoice(part, silent));
      invoice.left -= partNanos;
      return model.credit(invoice.period, partNanos, invoice.left);
    }
    case "expire":
      await expireCredits(store, nowMs);
      return model.expire(nowMs);
    case "wait":
      world.nowMs += [3, 15, 31][op.pick % 3]! * dayMs;
  }
}

async function admit(life: Life, who: 0 | 1, coins: number): Promise<void> {
  const { world, model, open } = life;
  const { store, nowMs } = world;
  const party = world.parties[who];
  const { product } = party;
  const amountNanos = BigInt(coins) * coin;
  const ask = {
    party,
    quantities: { predictions: coins },
    requestKey: `r${life.count++}`,
    nowMs,
    ttlMs: 4_000 * dayMs,
  };
  const fits = model.admits(product, amountNanos);
  const admitted = await store.run(admitUnit, ask).catch(refusedWith("insufficient_credit"));
  expect(admitted !== undefined).toBe(fits);
  if (admitted?.state !== "admitted") return;
  model.admit({ hold: admitted.hold, period: admitted.period, product, amountNanos });
  open.push({ hold: admitted.hold, who });
}

const refusedWith =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (error instanceof Refusal && codes.includes(error.code)) return undefined;
    throw error;
  };

describeEachEngine("credit that is kept to products", (stores) => {
  const runs = stores.engine === "sqlite" ? 8 : 2;

  it("pays as an independent bookkeeper says, whatever happens in whatever order", async () => {
    let backNanos = 0n;
    const lives = fc.array(operation, { minLength: 25, maxLength: 45, size: "max" });
    const law = fc.asyncProperty(lives, async (operations) => {
      const { store, dispose } = await stores.open();
      try {
        const world = await openWorld(store, plain, 50n * coin);
        const { customer, subscription } = world.parties[0];
        await createCoupon(store, { code: "HALF", discount: { kind: "percent", partsPerMillion: 500_000 }, nowMs: 1 });
        await redeemCoupon(store, { code: "HALF", subscription, nowMs: world.nowMs });
        const life: Life = { world, model: new KeptModel(50n * coin), open: [], invoices: [], count: 0 };
        for (const op of [...firstMonth, ...operations]) {
          world.nowMs += 1_000;
          await perform(life, op);
          const story = JSON.stringify(op);
          await lawsHold(world, story);
          const { balanceNanos, dueNanos } = await balanceOfCustomer(store, customer);
          const grants = await listGrants(store, { customer, nowMs: world.nowMs });
          const kept = grants.filter(({ products }) => products !== null);
          const left = Object.fromEntries(kept.map(({ id, remainingNanos }) => [id, remainingNanos]));
          expect({ balanceNanos, dueNanos, left }, story).toEqual(life.model.state());
          expect(grants.map(({ source }) => source)).not.toContain("balance"); // all money is explained
        }
        backNanos += life.model.backNanos;
      } finally {
        await dispose();
      }
    });
    await fc.assert(law, { numRuns: runs, seed: 5, interruptAfterTimeLimit: 30_000 });
    expect(backNanos, "kept credit came back to its grants").toBeGreaterThan(0n);
  });

  it("keeps the laws at price steps, with leases and with several requests settled in whatever order", async () => {
    let done = 0;
    const lives = fc.array(operation, { minLength: 20, maxLength: 50, size: "max" });
    const law = fc.asyncProperty(lives, async (operations) => {
      const { store, dispose } = await stores.open();
      try {
        const world = await openWorld(store, stepped, 400n * coin);
        const leases: { readonly hold: Id<"hold">; readonly who: 0 | 1; left: number }[] = [];
        const open: { readonly hold: Id<"hold">; readonly who: 0 | 1 }[] = [];
        for (const [n, op] of operations.entries()) {
          world.nowMs += 1_000;
          done++;
          await step(world, { open, leases }, op, n);
          await lawsHold(world, JSON.stringify(op));
        }
      } finally {
        await dispose();
      }
    });
    await fc.assert(law, { numRuns: runs, seed: 6, interruptAfterTimeLimit: 20_000 });
    expect(done).toBeGreaterThan(20);
  });

  it("is refused where it could not be told apart", async () => {
    const { store, dispose } = await stores.open();
    try {
      const { parties, nowMs } = await openWorld(store, plain, 0n);
      const { customer, product } = parties[0];
      const credit = { customer, amountNanos: coin, source: "gift", nowMs };
      const refused: [object, string][] = [
        [{ products: [] }, "invalid_request"],
        [{ products: ["prod_none"] }, "not_found"],
        [{ products: Array.from({ length: 51 }, (_, at) => `prod_${at}`) }, "invalid_request"],
        [{ products: [product], payment: "pay_1" }, "conflict"],
      ];
      for (const [more, code] of refused)
        await expect(grantCredit(store, { ...credit, ...more }), JSON.stringify(more)).rejects.toMatchObject({ code });
      const terms = { kind: "postpaid", creditLimitNanos: coin } as const;
      const postpaid = await createCustomer(store, { name: "By invoice", currency: "usd", terms, nowMs });
      const toPostpaid = grantCredit(store, { ...credit, customer: postpaid.id, products: [product] });
      await expect(toPostpaid).rejects.toMatchObject({ code: "conflict" });
      await grantCredit(store, { ...credit, products: [product] });
      const ask = { quantities: { predictions: 1 }, nowMs };
      const other = store.run(admitUnit, { ...ask, party: parties[1], requestKey: "other" });
      await expect(other).rejects.toMatchObject({ code: "insufficient_credit" });
      const own = await store.run(admitUnit, { ...ask, party: parties[0], requestKey: "own" });
      expect(own.state).toBe("admitted");
    } finally {
      await dispose();
    }
  });
});

interface InFlight {
  readonly open: { readonly hold: Id<"hold">; readonly who: 0 | 1 }[];
  readonly leases: { readonly hold: Id<"hold">; readonly who: 0 | 1; left: number }[];
}

/** Like `perform`, where only the laws say what must come of it. */
async function step({ store, nowMs, parties }: World, { open, leases }: InFlight, op: Operation, n: number) {
  const who = op.who === 0 ? 0 : 1;
  const party = parties[who];
  const { customer } = party;
  switch (op.kind) {
    case "admit": {
      const ask = { party, quantities: { predictions: op.coins }, requestKey: `r${n}`, nowMs, ttlMs: 4_000 * dayMs };
      const admitted = await store.run(admitUnit, ask).catch(refusedWith("insufficient_credit"));
      if (admitted) open.push({ hold: admitted.hold, who });
      return;
    }
    case "settle":
    case "release": {
      const [request] = open.splice(op.pick % Math.max(open.length, 1), 1);
      if (!request) return;
      if (op.kind === "release") await store.run(releaseUnit, { hold: request.hold, nowMs });
      else await store.run(settleUnit, settlement(parties[request.who], request.hold, n, op.coins, nowMs));
      return;
    }
    case "grant": {
      const products = op.pick % 2 === 0 ? [party.product] : parties.map((each) => each.product);
      await grantCredit(store, {
        customer,
        amountNanos: BigInt(op.coins) * 4n * coin,
        source: "gift",
        products,
        nowMs,
      });
      return;
    }
    case "pay": {
      const apart = { key: false, endUser: false, revision: 0 };
      const size = { wanted: { predictions: op.coins }, least: { predictions: 1 } };
      const of = { party, apart, endUser: null, lease: null, owner: `lease/p/${n}`, nowMs, expiresAtMs: nowMs + dayMs };
      const leased = await store.run(leaseUnit, { ...of, ...size });
      if (leased.state === "leased") leases.push({ hold: leased.hold, who, left: leased.added.predictions ?? 0 });
      return;
    }
    case "close":
    case "credit":
    case "late": {
      const lease = leases[op.pick % Math.max(leases.length, 1)];
      if (!lease || lease.left === 0) return;
      const part = Math.min(lease.left, op.coins);
      lease.left -= part;
      const leased = { predictions: part };
      if (op.kind === "close") await store.run(shrinkUnit, { lease: lease.hold, by: leased });
      else {
        const used = op.kind === "late" ? part : part + 3;
        const input = settlement(parties[lease.who], lease.hold, n, used, nowMs);
        await store.run(settleUnit, { ...input, leased });
      }
    }
  }
}
