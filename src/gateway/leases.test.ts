import { afterEach, describe, expect, it } from "vitest";
import type { Pause } from "../kernel/clock.ts";
import { limits } from "../kernel/limits.ts";
import { balanceOfCustomer, revokeKey } from "../sell/index.ts";
import { query, sql } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { handlePrediction, openGateway } from "./index.ts";
import { type Market, burst, endpoint, openMarket, outcomeOf, priceNanos } from "./testing/market.ts";

type Member = Awaited<ReturnType<Market["join"]>>;

describeEachEngine("a busy customer", (stores) => {
  let market: Market;
  const open = async (): Promise<void> => void (market = await openMarket(stores));
  afterEach(async () => {
    const [problem] = await market.settleDown();
    await market.close();
    if (problem) throw new Error(problem);
  });

  /** While somebody waits the other processes tend, as they do by themselves four times a second. */
  const pause: Pause = () => ({ over: tendAll(), end: () => {} });
  const tendAll = async (): Promise<void> => {
    for (const gateway of [market.gateway, ...market.replicas()]) await gateway.tend();
  };
  const ask = ({ secret }: Member, gateway = market.gateway): Promise<string> =>
    outcomeOf(handlePrediction(gateway, { secret, endpoint, input: "win a car", requestId: "req_1" }));
  const askMany = (member: Member, count: number, at: number, gateways = [market.gateway]): Promise<string[]> =>
    burst(count, at, (nth) => ask(member, gateways[nth % gateways.length]));
  const answered = (codes: readonly string[]): number => codes.filter((code) => code === "answered").length;
  const heldNanos = async ({ customer }: Member): Promise<bigint> =>
    (await balanceOfCustomer(market.store, customer)).heldNanos;

  it("is admitted under a lease, which goes back when nobody uses it", async () => {
    await open();
    const member = await market.join({ credit: 1_000n * priceNanos });
    expect(answered(await askMany(member, 100, 8))).toBe(100);
    expect(await heldNanos(member)).toBeGreaterThan(0n);
    await market.gateway.tend();
    expect(await heldNanos(member)).toBeGreaterThan(0n);
    market.clock.advance(limits.leaseIdleMs);
    await market.gateway.tend();
    expect(await balanceOfCustomer(market.store, member.customer)).toMatchObject({
      balanceNanos: 900n * priceNanos,
      heldNanos: 0n,
    });
  });

  it.each<[string, number, number, number]>([
    ["a few more than there is money for", 70, 64, 8],
    ["many more", 400, 150, 32],
    ["all at once", 200, 57, 200],
  ])("asks for %s: exactly so many are answered", async (_story, requests, money, at) => {
    await open();
    const member = await market.join({ credit: BigInt(money) * priceNanos + 3n });
    const codes = await askMany(member, requests, at);
    expect([answered(codes), new Set(codes)]).toEqual([money, new Set(["answered", "insufficient_credit"])]);
    await market.gateway.close();
    expect(await balanceOfCustomer(market.store, member.customer)).toMatchObject({ balanceNanos: 3n, heldNanos: 0n });
  });

  it("stops exactly at the key's quota", async () => {
    await open();
    const member = await market.join({ credit: 1_000n * priceNanos, quotaUnits: 120 });
    expect(answered(await askMany(member, 300, 16))).toBe(120);
  });

  it.each<[string, number, { credit: bigint; quotaUnits?: number }]>([
    ["there is money for", 150, { credit: 150n * priceNanos }],
    ["the key has quota for", 120, { credit: 1_000n * priceNanos, quotaUnits: 120 }],
  ])("of three processes is answered exactly as often as %s", async (_story, most, terms) => {
    await open();
    const gateways = [
      await market.replica({ pause }),
      await market.replica({ pause }),
      await market.replica({ pause }),
    ];
    const member = await market.join(terms);
    const first = answered(await askMany(member, 300, 24, gateways));
    expect(first).toBeLessThanOrEqual(most);
    market.clock.advance(limits.leaseIdleMs);
    expect(first + answered(await askMany(member, 60, 4, gateways))).toBe(most);
  });

  it("who is refused gets what another process has ready, without waiting until it is idle", async () => {
    await open();
    const [busy, idle] = [await market.replica({ pause }), await market.replica({ pause })];
    const member = await market.join({ credit: 200n * priceNanos });
    expect(answered(await askMany(member, 80, 8, [idle]))).toBe(80);
    expect(await heldNanos(member)).toBeGreaterThan(0n);
    expect(answered(await askMany(member, 120, 1, [busy]))).toBe(120);
    expect(await ask(member, busy)).toBe("insufficient_credit");
  });

  it("who is refused when nobody has anything ready is told at once, and no process is asked", async () => {
    await open();
    const busy = await market.replica({ pause });
    const member = await market.join({ credit: 5n * priceNanos });
    await askMany(member, 5, 1, [busy]);
    for (let i = 0; i < 5; i++) expect(await ask(member, busy)).toBe("insufficient_credit");
    const marks = query(sql`select id from ledger_holds where wanted_at_ms is not null`);
    expect(await market.store.perform(marks)).toEqual([]);
  });

  it("whose key is revoked is refused within a second", async () => {
    await open();
    const member = await market.join({ credit: 1_000n * priceNanos });
    await askMany(member, 50, 8);
    await revokeKey(market.store, { customer: member.customer, key: member.key, nowMs: market.clock.now() });
    market.clock.advance(limits.grantCacheMs);
    expect(await ask(member)).toBe("invalid_key");
  });

  it("whose process dies gets back what it had not used", async () => {
    await open();
    const member = await market.join({ credit: 1_000n * priceNanos });
    const dead = openGateway({ ...market.gateway.deps });
    await askMany(member, 50, 8, [dead]);
    expect(await heldNanos(member)).toBeGreaterThan(0n);
    market.clock.advance(limits.leaseTtlMs);
    expect(await market.gateway.sweep(market.clock.now())).toBe(1);
    expect(await heldNanos(member)).toBe(0n);
    expect(await ask(member, dead)).toBe("answered"); // it was only asleep: it takes no more from what is gone
    await dead.tend();
    await dead.close();
    expect(await balanceOfCustomer(market.store, member.customer)).toMatchObject({
      balanceNanos: 949n * priceNanos,
      dueNanos: 0n,
    });
  });

  it("keeps a lease that is used for long", async () => {
    await open();
    const member = await market.join({ credit: 10_000n * priceNanos });
    for (let i = 0; i < 30; i++) {
      await askMany(member, 20, 8);
      market.clock.advance(900);
      await market.gateway.tend();
      await market.gateway.sweep(market.clock.now());
      expect(await heldNanos(member), `after ${i} turns`).toBeGreaterThan(0n);
    }
  });

  describe("who went away", () => {
    it("leaves nothing behind in memory", async () => {
      await open();
      const member = await market.join({ credit: 1_000n * priceNanos });
      await askMany(member, 30, 8);
      market.clock.advance(2 * limits.leaseTtlMs);
      await market.gateway.tend();
      market.clock.advance(2 * limits.leaseTtlMs);
      await market.gateway.tend();
      expect(market.gateway.leases.size()).toBe(0);
    });
  });
});
