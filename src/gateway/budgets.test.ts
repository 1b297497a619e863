import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../kernel/limits.ts";
import type { Id } from "../kernel/ids.ts";
import {
  type BudgetInput,
  budgetSpending,
  createKey,
  endBudget,
  listBudgets,
  listEvents,
  setBudget,
} from "../sell/index.ts";
import { query, sql } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type Gateway, handlePrediction, openGateway } from "./index.ts";
import { type Market, burst, endpoint, openMarket, outcomeOf, pepper, priceNanos } from "./testing/market.ts";

type Member = Awaited<ReturnType<Market["join"]>>;

const dayMs = 24 * 3_600_000;

describeEachEngine("a budget", (stores) => {
  let market: Market;
  const open = async (): Promise<Member> => {
    market = await openMarket(stores);
    return market.join({ credit: 100_000n * priceNanos });
  };
  afterEach(async () => {
    const [problem] = await market.settleDown();
    const held = await market.store.perform(
      query<{ n_nanos: bigint }>(sql`select coalesce(sum(held_nanos), 0) as n_nanos from budget_windows`),
    );
    await market.close();
    if (problem) throw new Error(problem);
    if (held[0]?.n_nanos !== 0n) throw new Error(`${held[0]?.n_nanos} nanos are held on budgets`);
  });
  interface Asking {
    readonly endUser?: string;
    readonly gateway?: Gateway;
  }
  const ask = ({ secret }: Pick<Member, "secret">, { endUser, gateway = market.gateway }: Asking = {}) =>
    outcomeOf(handlePrediction(gateway, { secret, endpoint, input: "win a car", requestId: "req_1", endUser }));
  const askMany = (member: Pick<Member, "secret">, count: number, at: number, ...asks: Asking[]): Promise<string[]> =>
    burst(count, at, (nth) => ask(member, asks[nth % Math.max(1, asks.length)]));
  const answered = (codes: readonly string[]): number => codes.filter((code) => code === "answered").length;
  const set = async (member: Member, answers: number, input: Partial<BudgetInput> = {}) => {
    const budget = await setBudget(market.store, {
      customer: member.customer,
      scope: "customer",
      every: "month",
      mode: "hard",
      amountNanos: BigInt(answers) * priceNanos + 3n,
      setBy: "operator",
      nowMs: market.clock.now(),
      ...input,
    });
    market.clock.advance(limits.grantCacheMs); // a process knows of it within a second
    return budget;
  };
  const product = async (): Promise<Id<"product">> => {
    const [row] = await market.store.perform(query<{ id: Id<"product"> }>(sql`select id from products limit 1`));
    return row?.id ?? "prod_";
  };

  it.each<[string, number, number, number]>([
    ["one after the other", 12, 30, 1],
    ["sixteen at a time", 143, 400, 16],
    ["all at once", 57, 200, 200],
  ])("of a customer lets exactly so many in, %s", async (_story, limit, requests, at) => {
    const member = await open();
    await set(member, limit);
    const codes = await askMany(member, requests, at);
    expect([answered(codes), new Set(codes)]).toEqual([limit, new Set(["answered", "quota_exceeded"])]);
  });

  it("is one for three processes, and all of it can be used", async () => {
    const member = await open();
    await set(member, 150);
    const asks = [
      { gateway: market.gateway },
      { gateway: await market.replica() },
      { gateway: await market.replica() },
    ];
    const first = answered(await askMany(member, 500, 24, ...asks));
    expect(first).toBeLessThanOrEqual(150);
    market.clock.advance(limits.leaseIdleMs);
    for (const { gateway } of asks) await gateway.tend();
    expect(first + answered(await askMany(member, 150, 1, ...asks))).toBe(150);
  });

  it("of one key leaves the others alone", async () => {
    const member = await open();
    const { customer } = member;
    const other = await createKey(market.store, { customer, name: "other", pepper, nowMs: market.clock.now() });
    await set(member, 40, { scope: "key", subject: member.key });
    const codes = await Promise.all([askMany(member, 100, 8), askMany({ secret: other.secret }, 100, 8)]);
    expect(codes.map(answered)).toEqual([40, 100]);
  });

  it("of a product counts all that is asked of it", async () => {
    const member = await open();
    await set(member, 20, { scope: "product", subject: await product() });
    expect(answered(await askMany(member, 60, 8))).toBe(20);
  });

  it("for each end user counts each apart, and one of them may have its own", async () => {
    const member = await open();
    await set(member, 30, { scope: "end_user", subject: "*" });
    await set(member, 45, { scope: "end_user", subject: "ann" });
    const codes = await Promise.all([
      askMany(member, 80, 8, { endUser: "ann" }),
      askMany(member, 80, 8, { endUser: "bob" }),
      askMany(member, 80, 8, { endUser: "cem" }),
      askMany(member, 80, 8),
    ]);
    expect(codes.map(answered)).toEqual([45, 30, 30, 80]);
    const { data } = await listBudgets(market.store, { customer: member.customer });
    const spending = await Promise.all(
      data.map((budget) => budgetSpending(market.store, { budget, atMs: market.clock.now() })),
    );
    expect(spending.map((windows) => windows.map(({ endUser, spentNanos }) => [endUser, spentNanos]))).toEqual([
      [["ann", 45n * priceNanos]],
      [
        ["ann", 45n * priceNanos],
        ["bob", 30n * priceNanos],
        ["cem", 30n * priceNanos],
      ],
    ]);
  });

  it("that is the least of several decides", async () => {
    const member = await open();
    await set(member, 50);
    await set(member, 35, { scope: "key", subject: member.key, every: "total" });
    await set(member, 40, { every: "day" });
    expect(answered(await askMany(member, 120, 8))).toBe(35);
  });

  it("begins again with its day in its time zone, and a request counts for the day it was asked", async () => {
    const member = await open();
    const zone = "Asia/Kolkata"; // half an hour beside the hours
    market.clock.set(Date.UTC(2026, 2, 1, 18, 29, 57)); // 23:59:57 there
    await set(member, 5, { every: "day", timeZone: zone });
    expect(answered(await askMany(member, 9, 3))).toBe(5);
    market.clock.advance(2_000);
    expect(answered(await askMany(member, 9, 3))).toBe(5);
    market.clock.advance(dayMs);
    expect(answered(await askMany(member, 9, 3))).toBe(5);
  });

  it("counts what was spent in its window before it was made", async () => {
    const member = await open();
    await askMany(member, 7, 2);
    await set(member, 10);
    expect(answered(await askMany(member, 9, 3))).toBe(3);
  });

  it("can be raised, made soft, and ended", async () => {
    const member = await open();
    const { id } = await set(member, 3);
    expect(answered(await askMany(member, 6, 2))).toBe(3);
    expect((await set(member, 5)).id).toBe(id);
    expect(answered(await askMany(member, 6, 2))).toBe(2);
    await set(member, 5, { mode: "soft" });
    expect(answered(await askMany(member, 6, 2))).toBe(6);
    await set(member, 5);
    expect(answered(await askMany(member, 6, 2))).toBe(0);
    const ended = await endBudget(market.store, { ...member, budget: id, nowMs: market.clock.now() });
    expect(ended.endedAtMs).toBe(market.clock.now());
    expect(answered(await askMany(member, 6, 2))).toBe(6);
  });

  it("that is soft refuses nothing, and tells once when it is nearly and when it is wholly spent", async () => {
    const member = await open();
    await set(member, 20, { mode: "soft", alertPercent: 80, amountNanos: 20n * priceNanos });
    const told = async (): Promise<string[]> =>
      (await listEvents(market.store, { customer: member.customer })).data
        .map(({ kind }) => kind)
        .filter((kind) => kind.startsWith("budget."))
        .sort();
    expect(answered(await askMany(member, 15, 4))).toBe(15);
    expect(await told()).toEqual([]);
    await ask(member);
    expect(await told()).toEqual(["budget.threshold"]);
    expect(answered(await askMany(member, 60, 8))).toBe(60);
    expect(await told()).toEqual(["budget.reached", "budget.threshold"]);
  });

  it("gives back what a dead process held", async () => {
    const member = await open();
    await set(member, 100);
    const dead = openGateway({ ...market.gateway.deps });
    expect(answered(await askMany(member, 40, 8, { gateway: dead }))).toBe(40);
    market.clock.advance(limits.leaseTtlMs);
    await market.gateway.sweep(market.clock.now());
    expect(answered(await askMany(member, 90, 8))).toBe(60);
  });

  it("is not changed by a request that is refused or fails", async () => {
    const member = await open();
    await set(member, 2);
    await set(member, 1, { scope: "key", subject: member.key });
    await ask(member);
    const rows = async (): Promise<unknown> =>
      market.store.perform(query(sql`select * from budget_windows order by budget, start_ms`));
    const before = await rows();
    expect(await ask(member)).toBe("quota_exceeded");
    expect(await rows()).toEqual(before);
  });

  it("that makes no sense is refused, and it says why", async () => {
    const member = await open();
    const rows: readonly [Partial<BudgetInput>, RegExp][] = [
      [{ amountNanos: -1n }, /not negative/],
      [{ subject: "ann" }, /no subject/],
      [{ scope: "end_user" }, /Say which/],
      [{ scope: "end_user", subject: "x".repeat(201) }, /1 to 200/],
      [{ scope: "key", subject: "key_nobody" }, /no key/],
      [{ scope: "product", subject: "prod_other" }, /no product/],
      [{ alertPercent: 101 }, /1 to 100/],
      [{ timeZone: "Mars/Base" }, /time zone/],
    ];
    for (const [input, message] of rows) await expect(set(member, 1, input)).rejects.toThrow(message);
  });

  describe("of another customer", () => {
    it("is not found", async () => {
      const member = await open();
      const other = await market.join();
      const { id } = await set(member, 1);
      const ending = endBudget(market.store, { ...other, budget: id, nowMs: market.clock.now() });
      await expect(ending).rejects.toMatchObject({ code: "not_found" });
    });
  });
});
