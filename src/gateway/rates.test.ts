import { afterEach, describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { silentLog } from "../kernel/log.ts";
import { type Rate, setCustomerLimits, setKeyLimits, setPlanLimits } from "../sell/index.ts";
import { type Store, query, sql } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type Gateway, type RateState, handlePrediction } from "./index.ts";
import { minuteMs } from "./meter.ts";
import { type Rates, openRates } from "./rates.ts";
import { type Market, burst, endpoint, openMarket, outcomeOf, priceNanos } from "./testing/market.ts";

type Member = Awaited<ReturnType<Market["join"]>>;

describeEachEngine("a limit a minute", (stores) => {
  let market: Market;
  const open = async (): Promise<void> => void (market = await openMarket(stores));
  afterEach(() => market.close());
  const join = async (requestsPerMinute: number): Promise<Member> => {
    const member = await market.join({ credit: 100_000n * priceNanos });
    await setCustomerLimits(market.store, { customer: member.customer, requestsPerMinute });
    return member;
  };
  const states: RateState[] = [];
  const ask = ({ secret }: Member, gateway = market.gateway): Promise<string> =>
    outcomeOf(
      handlePrediction(gateway, {
        secret,
        endpoint,
        input: "win a car",
        requestId: "req_1",
        onRate: (state) => states.push(state),
      }),
    );
  const askMany = (member: Member, count: number, at: number, gateways: Gateway[]): Promise<string[]> =>
    burst(count, at, (nth) => ask(member, gateways[nth % gateways.length]));
  const answered = (codes: readonly string[]): number => codes.filter((code) => code === "answered").length;

  it.each<[string, number, number, number]>([
    ["one after the other", 12, 20, 1],
    ["all at once", 50, 200, 200],
    ["sixteen at a time", 137, 400, 16],
    ["of one request", 1, 9, 9],
  ])("lets exactly so many in, %s, and as many in the next minute", async (_story, limit, requests, at) => {
    await open();
    const member = await join(limit);
    for (let minute = 0; minute < 3; minute++) {
      const codes = await askMany(member, requests, at, [market.gateway]);
      expect([answered(codes), new Set(codes)]).toEqual([limit, new Set(["answered", "rate_limited"])]);
      market.clock.advance(minuteMs);
    }
  });

  it("is one limit for three processes, and all of it can be used", async () => {
    await open();
    const member = await join(150);
    const gateways = [market.gateway, await market.replica(), await market.replica()];
    const first = answered(await askMany(member, 600, 24, gateways));
    expect(first).toBeLessThanOrEqual(150);
    market.clock.advance(limits.leaseIdleMs);
    for (const gateway of gateways) await gateway.tend();
    expect(first + answered(await askMany(member, 150, 1, gateways))).toBe(150);
  });

  it("that one process took ahead comes back when another wants it", async () => {
    await open();
    const member = await join(200);
    const other = await market.replica();
    await askMany(member, 60, 8, [market.gateway]);
    const first = answered(await askMany(member, 200, 8, [other]));
    expect(first).toBeLessThanOrEqual(140);
    await market.gateway.tend();
    market.clock.advance(limits.rateAskAgainMs);
    expect(first + answered(await askMany(member, 200, 8, [other]))).toBe(140);
  });

  it("costs no hold and no write, neither when a share covers it nor when nothing is left", async () => {
    await open();
    const member = await join(40);
    await askMany(member, 40, 8, [market.gateway]);
    await ask(member); // asks and learns that nothing is left
    const before = await written(market.store);
    for (let i = 0; i < 50; i++) expect(await ask(member)).toBe("rate_limited");
    expect(await written(market.store)).toEqual(before);
  });

  it("of the customer stands in for the plan's, and a key's is within it", async () => {
    await open();
    const member = await market.join();
    const plan = await market.store.perform(query<{ plan: string }>(sql`select plan from subscriptions limit 1`));
    await setPlanLimits(market.store, { plan: plan[0]?.plan ?? "", requestsPerMinute: 3 });
    const minute = async (): Promise<number> => {
      market.clock.advance(minuteMs);
      return answered(await askMany(member, 10, 1, [market.gateway]));
    };
    expect(await minute()).toBe(3);
    await setCustomerLimits(market.store, { customer: member.customer, requestsPerMinute: 7 });
    expect(await minute()).toBe(7);
    await setKeyLimits(market.store, { customer: member.customer, key: member.key, requestsPerMinute: 2 });
    expect(await minute()).toBe(2);
    await setKeyLimits(market.store, { customer: member.customer, key: member.key, requestsPerMinute: 900 });
    expect(await minute()).toBe(7);
    await setCustomerLimits(market.store, { customer: member.customer, requestsPerMinute: null });
    await setPlanLimits(market.store, { plan: plan[0]?.plan ?? "", requestsPerMinute: null });
    await setKeyLimits(market.store, { customer: member.customer, key: member.key, requestsPerMinute: null });
    expect(await minute()).toBe(10);
  });

  it("says how far it is from its end, and when it ends", async () => {
    await open();
    market.clock.advance(minuteMs - (market.clock.now() % minuteMs) + 20_500);
    const member = await join(2);
    states.length = 0;
    expect([await ask(member), await ask(member), await ask(member)]).toEqual(["answered", "answered", "rate_limited"]);
    expect(states).toEqual([
      { limit: 2, remaining: 1, resetSeconds: 40 },
      { limit: 2, remaining: 0, resetSeconds: 40 },
      { limit: 2, remaining: 0, resetSeconds: 40 },
    ]);
  });

  it("is refused when it is none", async () => {
    await open();
    const { customer } = await market.join();
    for (const count of [0, -1, 1.5, limits.ratePerMinuteMax + 1]) {
      const set = setCustomerLimits(market.store, { customer, requestsPerMinute: count });
      await expect(set).rejects.toThrow(/A limit is 1 to/);
    }
    await expect(setKeyLimits(market.store, { customer, key: "key_x", tokensPerMinute: 5 })).rejects.toThrow(/no key/);
  });

  describe("of tokens", () => {
    const rate: Rate = { bucket: "sub_tokens", unit: "tokens", perMinute: 1_000 };
    const opened = async (): Promise<Rates> => {
      await open();
      const { store, clock } = market;
      return openRates({ store, clock, log: silentLog });
    };
    const outcome = async (rates: Rates, tokens: number): Promise<string> => {
      try {
        await rates.take([rate], { requests: 1, output_tokens: tokens });
        return "in";
      } catch (error) {
        return error instanceof Refusal ? error.code : String(error);
      }
    };

    it("is reserved by the most, and put right by what was used", async () => {
      const rates = await opened();
      const ticket = await rates.take([rate], { requests: 1, input_tokens: 100, output_tokens: 800 });
      expect(await outcome(rates, 200)).toBe("rate_limited");
      ticket.end({ requests: 1, input_tokens: 100, output_tokens: 50 });
      market.clock.advance(limits.rateAskAgainMs);
      expect(await outcome(rates, 850)).toBe("in");
      expect(await outcome(rates, 1)).toBe("rate_limited");
    });

    it("that was used beyond what was reserved is missing in the next minute", async () => {
      const rates = await opened();
      (await rates.take([rate], { requests: 1, output_tokens: 900 })).end({ requests: 1, output_tokens: 1_300 });
      expect(await outcome(rates, 1)).toBe("rate_limited");
      market.clock.advance(minuteMs);
      expect(await outcome(rates, 701)).toBe("rate_limited");
      market.clock.advance(limits.rateAskAgainMs);
      expect(await outcome(rates, 700)).toBe("in"); // 300 of 1,300 were beyond
    });

    it("has no room, ever, for more than a minute's", async () => {
      const rates = await opened();
      expect(await outcome(rates, 1_001)).toBe("too_large");
      expect(await outcome(rates, 1_000)).toBe("in");
    });

    it("leaves nothing behind in memory", async () => {
      const rates = await opened();
      await outcome(rates, 10);
      market.clock.advance(3 * minuteMs);
      await rates.tend();
      expect(rates.size()).toBe(0);
    });
  });
});

/** Everything that a request may write. */
async function written(store: Store): Promise<unknown> {
  return store.perform(
    query(sql`select (select count(*) from ledger_holds) as holds, (select count(*) from usage_events) as events,
      (select sum(taken) from rate_windows) as taken, (select max(wanted_at_ms) from rate_windows) as wanted`),
  );
}
