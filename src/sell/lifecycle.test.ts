import { dayMs } from "../kernel/clock.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLedger } from "../ledger/index.ts";
import { type Steps, type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type CloseOutcome,
  type InvoiceOf,
  type NewPlan,
  type Party,
  type Price,
  addAddon,
  addRateCard,
  admitUnit,
  authenticate,
  cancelSubscription,
  changePlan,
  closePeriod,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  endAddon,
  getSubscription,
  partyFor,
  previewInvoice,
  resumeSubscription,
  settleUnit,
  subscriptionHistory,
  subscriptionState,
  verifySell,
} from "./index.ts";
import { pepper, usageOf } from "./testing/shop.ts";

const coin = 10_000_000n;
const unit = (freeUnits = 0): Price => ({ kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits }); // a cent each

describeEachEngine("the life of a subscription", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  /** A product with a plan of 31 coins a month (January has 31 days) and one of 62, and a customer on the first. */
  async function open(
    more: Partial<NewPlan> = {},
    at: { anchorMs?: number; timeZone?: string; trialDays?: number } = {},
  ) {
    const number = ++count;
    const product = await createProduct(store, { name: `product ${number}`, endpoint: `e${number}`, nowMs: now });
    const base = { product: product.id, currency: "usd", effectiveAtMs: now - 400 * dayMs, nowMs: now } as const;
    const small = await createPlan(store, {
      ...base,
      name: "small",
      feeNanos: 31n * coin,
      components: [{ unit: "predictions", price: unit(100) }],
      ...more,
    });
    const large = await createPlan(store, {
      ...base,
      name: "large",
      feeNanos: 62n * coin,
      components: [{ unit: "predictions", price: unit(150) }],
      ...(more.cycle ? { cycle: more.cycle } : {}),
    });
    const customer = await createCustomer(store, {
      name: `customer ${number}`,
      currency: "usd",
      terms: { kind: "postpaid", creditLimitNanos: 1_000_000n * coin },
      nowMs: now,
    });
    const { anchorMs = now, timeZone = "UTC", ...trial } = at;
    const subscription = await createSubscription(store, {
      customer: customer.id,
      plan: small.id,
      anchorMs,
      timeZone,
      nowMs: now,
      ...trial,
    });
    const { secret } = await createKey(store, { customer: customer.id, name: "key", pepper, nowMs: now });
    const party = partyFor(await authenticate(store, secret.reveal(), pepper), `e${number}`);
    return { product, small, large, customer, subscription: subscription.id, party };
  }
  const use = (party: Party, predictions: number, atMs: number, nowMs = atMs): Promise<unknown> =>
    store.run(settleUnit, usageOf(party, ++count, { predictions, atMs, nowMs }));
  const silent = function* (): Steps<void> {
    yield* query(sql`select 1 as told`);
  };
  const close = (subscription: Party["subscription"], asOfMs: number): Promise<CloseOutcome> =>
    store.perform(closePeriod({ subscription, asOfMs, graceMs: 0, nowMs: asOfMs }, silent));
  async function invoices(subscription: Party["subscription"], asOfMs: number): Promise<InvoiceOf<"invoice">[]> {
    const all: InvoiceOf<"invoice">[] = [];
    for (;;) {
      const outcome = await close(subscription, asOfMs);
      if (outcome.state !== "issued") return all;
      all.push(outcome.invoice);
    }
  }
  /** `fee 31, usage 5` in coins. */
  const lines = (invoice: InvoiceOf<"invoice"> | undefined): string =>
    (invoice?.lines ?? []).map(({ kind, amountNanos }) => `${kind} ${amountNanos / coin}`).join(", ");
  const day = (n: number): number => now + n * dayMs;

  it("an upgrade in the middle: each plan's fee for its days, and free units are not given twice", async () => {
    const { subscription, party, large } = await open();
    await use(party, 120, day(1)); // 100 free, 20 paid
    await changePlan(store, { subscription, plan: large.id, nowMs: day(10) });
    await use(party, 60, day(11)); // of 150 free ones 100 are used up: 50 free, 10 paid
    const [first, second] = await invoices(subscription, day(31));
    expect([lines(first), lines(second)]).toEqual(["fee 10, usage 20", "fee 42, usage 10"]);
    expect(first?.lines[0]?.description).toContain("fee for 32.3 % of the period");
    expect([first?.endMs, second?.startMs, second?.endMs]).toEqual([day(10), day(10), day(31)]);
    expect(lines((await invoices(subscription, day(59)))[0])).toBe("fee 62, usage 0");
  });
  it("in full: both fees are paid whole", async () => {
    const { subscription, large } = await open();
    await changePlan(store, { subscription, plan: large.id, proration: "full", nowMs: day(10) });
    expect((await invoices(subscription, day(31))).map(lines)).toEqual(["fee 31, usage 0", "fee 62, usage 0"]);
  });
  it("for the next period: nothing changes until it starts", async () => {
    const { subscription, party, large } = await open();
    const changed = await changePlan(store, { subscription, plan: large.id, proration: "next_period", nowMs: day(10) });
    expect(changed.next).toEqual({ plan: large.id, atMs: day(31) });
    await use(party, 101, day(12));
    expect((await invoices(subscription, day(59))).map(lines)).toEqual(["fee 31, usage 1", "fee 62, usage 0"]);
    expect((await getSubscription(store, subscription)).plan).toBe(large.id);
  });
  it("at the very start of a period there is nothing to prorate", async () => {
    const { subscription, large } = await open();
    await changePlan(store, { subscription, plan: large.id, nowMs: now });
    expect((await invoices(subscription, day(31))).map(lines)).toEqual(["fee 62, usage 0"]);
  });
  it("backdated within the open period, if nothing was used since", async () => {
    const { subscription, party, large } = await open();
    await use(party, 1, day(3));
    await changePlan(store, { subscription, plan: large.id, atMs: day(5), nowMs: day(20) });
    expect((await invoices(subscription, day(31))).map(lines)).toEqual(["fee 5, usage 0", "fee 52, usage 0"]);
  });

  it("cancelled for the end of the period: paid whole, then refused, and late usage still has an invoice", async () => {
    const { subscription, party } = await open();
    await cancelSubscription(store, { subscription, nowMs: day(3) });
    await use(party, 101, day(30));
    expect((await invoices(subscription, day(100))).map(lines)).toEqual(["fee 31, usage 1"]);
    expect(await close(subscription, day(200))).toEqual({ state: "ended" });
    await expect(previewInvoice(store, subscription)).rejects.toMatchObject({ code: "conflict" });
    const admitted = store.run(admitUnit, {
      party,
      quantities: { predictions: 1 },
      requestKey: "late",
      nowMs: day(40),
    });
    await expect(admitted).rejects.toMatchObject({ code: "not_entitled" });
    await use(party, 105, day(30), day(101));
    expect((await invoices(subscription, day(102))).map(lines)).toEqual(["usage 105"]);
  });
  it("cancelled at once: the fee for its days, and a new start later without a second trial", async () => {
    const { subscription, party, small, customer } = await open({ trialDays: 10 });
    await cancelSubscription(store, { subscription, proration: "prorated", nowMs: day(20) });
    expect(subscriptionState(await getSubscription(store, subscription), day(20))).toEqual({
      state: "ended",
      endsAtMs: day(20),
    });
    expect((await invoices(subscription, day(25))).map(lines)).toEqual(["usage 0", "fee 10, usage 0"]);
    const again = { customer: customer.id, plan: small.id, timeZone: "UTC", nowMs: day(40) };
    await createSubscription(store, { ...again, anchorMs: day(40) });
    await use(party, 101, day(41));
    expect((await invoices(subscription, day(80))).map(lines)).toEqual(["fee 31, usage 1"]);
    await expect(createSubscription(store, { ...again, anchorMs: day(41) })).rejects.toMatchObject({
      code: "conflict",
    });
    const kinds = (await subscriptionHistory(store, subscription)).map(({ kind }) => kind);
    expect(kinds).toEqual(["started", "cancelled", "started"]);
  });
  it("a cancellation can be taken back until it takes effect", async () => {
    const { subscription } = await open();
    await cancelSubscription(store, { subscription, nowMs: day(3) });
    await resumeSubscription(store, { subscription, nowMs: day(4) });
    expect((await invoices(subscription, day(59))).map(lines)).toEqual(["fee 31, usage 0", "fee 31, usage 0"]);
    await expect(resumeSubscription(store, { subscription, nowMs: day(5) })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("a trial charges nothing, and the rest of the month its part", async () => {
    const { subscription, party } = await open({}, { trialDays: 10 });
    expect(subscriptionState(await getSubscription(store, subscription), day(9))).toMatchObject({ state: "trialing" });
    await use(party, 500, day(9));
    await use(party, 500, day(10));
    const [trial, rest] = await invoices(subscription, day(31));
    expect([lines(trial), lines(rest)]).toEqual(["usage 0", "fee 21, usage 500"]);
  });
  it("allowances roll over up to their limit, and only once", async () => {
    const price: Price = { kind: "allowance", freeUnits: 100, rolloverUnitsMax: 30, of: unit() };
    const { subscription, party } = await open({ components: [{ unit: "predictions", price }] });
    await use(party, 10, day(1)); // 90 are left, 30 roll over
    await use(party, 131, day(32)); // one is paid
    await use(party, 101, day(60)); // nothing was left
    const all = await invoices(subscription, day(90));
    expect(all.map(lines)).toEqual(["fee 31, usage 0", "fee 31, usage 1", "fee 31, usage 1"]);
  });
  it("calendar months: the first one is a part, with its part of the fee, free units and commitment", async () => {
    const price: Price = { kind: "minimum", minimumNanos: 62n * coin, of: unit(62) };
    const { subscription, party } = await open(
      { cycle: { every: 1, unit: "month", align: "calendar" }, components: [{ unit: "predictions", price }] },
      { anchorMs: day(21) },
    );
    await use(party, 25, day(22)); // 20 of 62 free
    const [first, second] = await invoices(subscription, day(59));
    expect([lines(first), lines(second)]).toEqual(["fee 10, usage 20", "fee 31, usage 62"]);
    expect([first?.startMs, first?.endMs]).toEqual([day(21), day(31)]);
  });
  it("weeks, in a zone whose clock changes", async () => {
    const march = Date.parse("2026-03-25T23:00Z"); // midnight in Berlin
    const { subscription } = await open(
      { cycle: { every: 1, unit: "week", align: "anniversary" } },
      { anchorMs: march, timeZone: "Europe/Berlin" },
    );
    const [first] = await invoices(subscription, march + 8 * dayMs);
    expect((first?.endMs ?? 0) - march).toBe(7 * dayMs - 3_600_000);
  });
  it("a price for new customers only leaves the others theirs", async () => {
    const old = await open();
    const card = { plan: old.small.id, feeNanos: 40n * coin, components: [], effectiveAtMs: day(31), nowMs: now };
    await addRateCard(store, { ...card, appliesTo: "new" });
    expect((await invoices(old.subscription, day(59))).map(lines)).toEqual(["fee 31, usage 0", "fee 31, usage 0"]);
    await changePlan(store, { subscription: old.subscription, plan: old.large.id, nowMs: day(59) });
    await changePlan(store, { subscription: old.subscription, plan: old.small.id, nowMs: day(59) });
    expect((await invoices(old.subscription, day(90))).map(lines)).toEqual(["fee 40"]);
  });
  it("an add-on pays for the days it is there", async () => {
    const { subscription } = await open();
    const { id } = await addAddon(store, {
      subscription,
      name: "Support",
      feeNanos: 31n * coin,
      quantity: 2,
      nowMs: day(10),
    });
    const [first] = await invoices(subscription, day(31));
    expect(lines(first)).toBe("fee 31, addon 42, usage 0");
    await endAddon(store, { addon: id, atMs: day(45) });
    expect(lines((await invoices(subscription, day(59)))[0])).toBe("fee 31, addon 31, usage 0");
    expect(lines((await invoices(subscription, day(90)))[0])).toBe("fee 31, usage 0");
  });
  it("a volume price gives back at the end what its dearer tier took", async () => {
    const tiers = [
      { upToUnits: 100, perThousandNanos: 1_000n * coin, flatNanos: 0n },
      { upToUnits: null, perThousandNanos: 500n * coin, flatNanos: 0n },
    ];
    const { subscription, party } = await open({
      components: [{ unit: "predictions", price: { kind: "volume", tiers } }],
    });
    await use(party, 100, day(1));
    await use(party, 20, day(2));
    expect((await invoices(subscription, day(31))).map(lines)).toEqual(["fee 31, usage 60"]);
  });

  describe("is refused", () => {
    const cases: [string, (of: Awaited<ReturnType<typeof open>>) => Promise<unknown>, string][] = [
      ["the plan it is on", (of) => changePlan(store, { ...of, plan: of.small.id, nowMs: day(1) }), "conflict"],
      ["a plan that does not exist", (of) => changePlan(store, { ...of, plan: "plan_x", nowMs: day(1) }), "not_found"],
      [
        "another product's plan",
        async (of) => changePlan(store, { ...of, plan: (await open()).large.id, nowMs: day(1) }),
        "conflict",
      ],
      [
        "a plan of another cycle",
        async (of) => {
          const plan = await createPlan(store, {
            product: of.product.id,
            name: "yearly",
            currency: "usd",
            feeNanos: 0n,
            components: [],
            cycle: { every: 1, unit: "year", align: "anniversary" },
            nowMs: now,
          });
          return changePlan(store, { ...of, plan: plan.id, nowMs: day(1) });
        },
        "conflict",
      ],
      [
        "a change before usage that is rated",
        async (of) => {
          await use(of.party, 1, day(9));
          return changePlan(store, { ...of, plan: of.large.id, atMs: day(5), nowMs: day(10) });
        },
        "conflict",
      ],
      [
        "a change in a period that is invoiced",
        async (of) => {
          await invoices(of.subscription, day(31));
          return changePlan(store, { ...of, plan: of.large.id, atMs: day(5), nowMs: day(40) });
        },
        "conflict",
      ],
      [
        "a second cancellation",
        async (of) => {
          await cancelSubscription(store, { ...of, nowMs: day(1) });
          return cancelSubscription(store, { ...of, nowMs: day(2) });
        },
        "conflict",
      ],
    ];
    it.each(cases)("%s", async (_story, act, code) => {
      const of = await open();
      await expect(act(of)).rejects.toMatchObject({ code });
    });
  });

  it("leaves books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
