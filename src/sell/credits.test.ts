import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amountOn, findEntry, verifyLedger } from "../ledger/index.ts";
import { type Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import { type Remainder, planBurn } from "./credits/burn.ts";
import {
  type ChargeAsk,
  type ChargeOutcome,
  type Party,
  type PaymentProvider,
  accountOf,
  balanceOfCustomer,
  createCreditCode,
  expireCredits,
  grantCredit,
  listEvents,
  listGrants,
  listPayments,
  manualProvider,
  receivePayment,
  redeemCreditCode,
  refundPayment,
  setBalanceAlert,
  setPaymentMethod,
  setTopUp,
  settleUnit,
  verifySell,
  watchBalances,
} from "./index.ts";
import { openShop, predictionOf } from "./testing/shop.ts";

const coin = 10_000_000n;
const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 0 } as const; // a cent each

describe("what burns first", () => {
  it("makes grants sum to the balance, keeps each within its amount, and burns in order", () => {
    const grants = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 50n })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(grants, fc.bigInt({ min: 0n, max: 400n }), (pairs, balanceNanos) => {
        const list = pairs.map(([a, b], at): Remainder => {
          return { id: String(at), amountNanos: a + b, remainingNanos: a };
        });
        const { changed, unknownNanos } = planBurn(list, balanceNanos);
        const after = list.map((grant) => ({ ...grant, ...changed.find(({ id }) => id === grant.id) }));
        expect(after.reduce((sum, { remainingNanos }) => sum + remainingNanos, unknownNanos)).toBe(balanceNanos);
        expect(after.every((each) => each.remainingNanos >= 0n && each.remainingNanos <= each.amountNanos)).toBe(true);
        const spent = list.map(({ remainingNanos }, at) => remainingNanos > (after[at]?.remainingNanos ?? 0n));
        const last = spent.lastIndexOf(true);
        expect(after.slice(0, Math.max(last, 0)).every((each, at) => !spent[at] || each.remainingNanos === 0n)).toBe(
          true,
        );
      }),
      { seed: 3, numRuns: 1_000 },
    );
  });
});

describeEachEngine("prepaid credits", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const shop = async (coins = 0n): Promise<Party> =>
    (await openShop(store, { price, terms: { kind: "prepaid" }, balanceNanos: coins * coin })).party;
  const use = (party: Party, coins: number): Promise<unknown> =>
    store.run(settleUnit, {
      party,
      hold: null,
      prediction: predictionOf(++count),
      quantities: { predictions: coins },
      costNanos: 0n,
      model: null,
      release: null,
      atMs: now,
      nowMs: now,
    });
  const give = (party: Party, coins: bigint, more: object = {}) =>
    grantCredit(store, { customer: party.customer, amountNanos: coins * coin, source: "welcome", nowMs: now, ...more });
  /** `welcome 5/10, payment 20/20` in coins. */
  const grants = async (party: Party): Promise<string> =>
    (await listGrants(store, { customer: party.customer, nowMs: now }))
      .map(({ source, remainingNanos, amountNanos }) => `${source} ${remainingNanos / coin}/${amountNanos / coin}`)
      .join(", ");
  const balance = async ({ customer }: Party): Promise<bigint> =>
    (await balanceOfCustomer(store, customer)).balanceNanos / coin;

  it("burn given credit before paid, what expires first first, and priority before all", async () => {
    const party = await shop(100n);
    await give(party, 10n, { source: "late", expiresAtMs: now + 9 * dayMs });
    await give(party, 10n, { source: "soon", expiresAtMs: now + 8 * dayMs });
    await give(party, 10n, { source: "first", priority: 1 });
    await use(party, 12);
    expect(await grants(party)).toBe("soon 8/10, late 10/10, payment 100/100, first 0/10");
    expect(await balance(party)).toBe(118n);
  });
  it("expire with what is left of them: given credit was never revenue, paid credit becomes some", async () => {
    const party = await shop(5n);
    const grant = await give(party, 10n, { expiresAtMs: now + dayMs });
    await use(party, 4);
    expect(await expireCredits(store, now + dayMs - 1)).toBe(0);
    expect(await expireCredits(store, now + dayMs)).toBe(1);
    expect(await expireCredits(store, now + dayMs)).toBe(0);
    expect([await grants(party), await balance(party)]).toEqual(["payment 5/5, welcome 0/4", 5n]);
    const entry = (await findEntry(store, "credit_expiry", `${grant.id}/${grant.amountNanos}`))!;
    expect(amountOn(entry, accountOf("promotion", party))).toBe(6n * coin);
  });
  it("roll over once", async () => {
    const party = await shop();
    await give(party, 10n, { expiresAtMs: now + dayMs, rolloverDays: 2 });
    expect([await expireCredits(store, now + dayMs), await balance(party)]).toEqual([0, 10n]);
    expect([await expireCredits(store, now + 3 * dayMs), await balance(party)]).toEqual([1, 0n]);
  });
  it("only what was paid is given back, and the bonus for it goes back pro rata, as far as it is unused", async () => {
    const party = await shop();
    const paid = { customer: party.customer, amountNanos: 100n * coin, reference: "p", nowMs: now };
    await receivePayment(store, paid);
    const [payment] = (await listPayments(store, { customer: party.customer })).data;
    await give(party, 40n, { source: "bonus", payment: payment!.id });
    await use(party, 30);
    const refund = (coins: bigint, reference: string) =>
      refundPayment(store, { payment: payment!.id, amountNanos: coins * coin, reference, nowMs: now });
    await expect(refund(101n, "r1")).rejects.toMatchObject({ code: "conflict" });
    await refund(50n, "r2"); // half of it: half of the bonus would be 20, 10 are left
    expect([await grants(party), await balance(party)]).toEqual(["payment 50/50, bonus 0/30", 50n]);
    await give(party, 100n);
    await use(party, 120);
    await expect(refund(40n, "r3")).rejects.toMatchObject({ code: "insufficient_credit" });
    await refund(30n, "r4");
    expect(await balance(party)).toBe(0n);
  });
  it("come by code, once a customer and as often as the code allows", async () => {
    const code = {
      code: "welcome-1",
      amountNanos: 7n * coin,
      currency: "usd",
      validDays: 30,
      redemptionsMax: 2,
      nowMs: now,
    } as const;
    await createCreditCode(store, code);
    const [first, second, third] = [await shop(), await shop(), await shop()];
    const redeem = ({ customer }: Party, text = "Welcome-1") =>
      redeemCreditCode(store, { customer, code: text, nowMs: now });
    expect(await redeem(first)).toMatchObject({ remainingNanos: 7n * coin, expiresAtMs: now + 30 * dayMs });
    await expect(redeem(first)).rejects.toMatchObject({ code: "conflict" });
    await redeem(second);
    await expect(redeem(third)).rejects.toMatchObject({ code: "conflict" });
    await expect(redeem(third, "NOTHING")).rejects.toMatchObject({ code: "not_found" });
    await expect(createCreditCode(store, code)).rejects.toMatchObject({ code: "conflict" });
  });
  it("are watched: one message when little is left, and again after there was more", async () => {
    const party = await shop(10n);
    await setBalanceAlert(store, { customer: party.customer, thresholdNanos: 5n * coin });
    const low = async (): Promise<number> => {
      await watchBalances(store, new Map(), now);
      const { data } = await listEvents(store, { customer: party.customer, kind: "balance.low" });
      return data.length;
    };
    expect(await low()).toBe(0);
    await use(party, 6);
    expect([await low(), await low()]).toEqual([1, 1]);
    await give(party, 10n);
    expect(await low()).toBe(1);
    await use(party, 12);
    expect(await low()).toBe(2);
  });
  it("are topped up through the provider, once an attempt, and no longer after three refusals", async () => {
    const party = await shop(10n);
    const { customer } = party;
    const asked: ChargeAsk[] = [];
    let answer: ChargeOutcome = { state: "succeeded", reference: "pi_top_1" };
    const provider: PaymentProvider = {
      ...manualProvider,
      name: "stripe",
      charge: async (ask) => {
        asked.push(ask);
        return answer;
      },
    };
    const topUp = { thresholdNanos: 5n * coin, amountNanos: 50n * coin };
    await expect(setTopUp(store, customer, topUp)).rejects.toMatchObject({ code: "conflict" });
    await setPaymentMethod(store, {
      customer,
      provider: "stripe",
      externalCustomer: "cus_x",
      method: "pm_1",
      nowMs: now,
    });
    await setTopUp(store, customer, topUp);
    const watch = (nowMs: number) => watchBalances(store, new Map([["stripe", provider]]), nowMs);
    await watch(now);
    expect(asked).toEqual([]);
    await use(party, 6);
    await Promise.all([watch(now), watch(now)]);
    expect([asked.length, await balance(party)]).toEqual([1, 54n]);
    expect(asked[0]).toMatchObject({ amountNanos: 50n * coin, idempotencyKey: `topup-${customer}-0`, method: "pm_1" });
    await use(party, 52);
    answer = { state: "failed", problem: "declined" };
    for (let day = 1; day < 9; day++) await watch(now + day * dayMs);
    expect(asked).toHaveLength(4);
  });
  it.each([
    ["to who pays by invoice", {}, "postpaid", "conflict"],
    ["of nothing", { amountNanos: 0n }, "prepaid", "invalid_request"],
    ["that has expired", { expiresAtMs: now }, "prepaid", "invalid_request"],
    ["with half a priority", { priority: 0.5 }, "prepaid", "invalid_request"],
  ] as const)("are refused %s", async (_story, wrong, terms, code) => {
    const of = terms === "prepaid" ? { kind: terms } : ({ kind: terms, creditLimitNanos: 0n } as const);
    const { party } = await openShop(store, { terms: of });
    await expect(give(party, 1n, wrong)).rejects.toMatchObject({ code });
  });
  it("leave books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
