import { afterAll, beforeAll, expect, it } from "vitest";
import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { settleUnit } from "../sell/index.ts";
import { openShop } from "../sell/testing/shop.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const coin = 10_000_000n;

interface Event {
  readonly id: string;
  readonly customer: string;
  readonly quantities: Readonly<Record<string, number>>;
  readonly amount: { readonly amount_nanos: string };
}

describeEachEngine("usage that is looked through", (stores) => {
  let server: TestServer;
  let shop: Awaited<ReturnType<typeof openShop>>;
  let other: Awaited<ReturnType<typeof openShop>>;
  const fromMs = testEpochMs;
  const span = `from_ms=${fromMs}&to_ms=${fromMs + 31 * dayMs}`;
  beforeAll(async () => {
    server = await openTestServer(stores);
    const { store } = server.deps;
    const price = {
      kind: "graduated",
      tiers: [
        { upToUnits: 10, perThousandNanos: 1_000n * coin, flatNanos: 0n },
        { upToUnits: null, perThousandNanos: 500n * coin, flatNanos: 0n },
      ],
    } as const;
    const tokens = { kind: "per_unit", perThousandNanos: 100n * coin, freeUnits: 0 } as const;
    const components = [
      { unit: "predictions", price },
      { unit: "output_tokens", price: tokens },
    ] as const;
    shop = await openShop(store, { components, balanceNanos: 10_000n * coin });
    other = await openShop(store, { balanceNanos: 10_000n * coin });
    for (let i = 0; i < 30; i++) {
      const atMs = fromMs + hourMs + i * 7 * hourMs;
      const quantities = i % 3 === 0 ? { predictions: 1, output_tokens: 100 + i } : { predictions: 1 };
      await settle(i % 5 === 4 ? other : shop, quantities, atMs, i === 0 ? '=HYPERLINK("x")' : null);
    }
  });
  afterAll(() => server.close());

  function settle(
    { party }: typeof shop,
    quantities: Readonly<Record<string, number>>,
    atMs: number,
    endUser: string | null,
  ) {
    const prediction = newId("prediction", atMs);
    const of = { hold: null, prediction, quantities, costNanos: 0n, model: null, release: null, atMs, nowMs: atMs };
    return server.deps.store.run(settleUnit, { party, ...of, ...(endUser === null ? {} : { endUser }) });
  }
  const get = (url: string) => server.app.inject({ url: `/admin/v1${url}`, headers: server.operator });
  async function listed(query: string): Promise<Event[]> {
    const found: Event[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const answer = await get(`/usage-events?${span}&limit=4&${query}${cursor && `&cursor=${cursor}`}`);
      expect(answer.statusCode, answer.body).toBe(200);
      const page = answer.json<{ data: Event[]; next_cursor: string | null }>();
      found.push(...page.data);
      cursor = page.next_cursor;
    }
    return found;
  }
  const sum = (events: readonly Event[]): bigint =>
    events.reduce((total, { amount }) => total + BigInt(amount.amount_nanos), 0n);

  it("is listed page by page, the newest first, each once, and narrowed by every filter alike", async () => {
    const all = await listed("");
    expect(all).toHaveLength(30);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    const { customer, key, product } = shop.party;
    const ofShop = all.filter((event) => event.customer === customer);
    expect(ofShop).toHaveLength(24);
    for (const query of [`customer=${customer}`, `key=${key}`, `product=${product}`]) {
      expect(await listed(query)).toEqual(ofShop);
    }
    const withTokens = ofShop.filter(({ quantities }) => quantities["output_tokens"] !== undefined);
    expect(withTokens.length).toBeGreaterThan(5);
    expect(await listed(`customer=${customer}&unit=output_tokens`)).toEqual(withTokens);
    expect(await listed("model=mdl_other")).toEqual([]);
  });

  it("sums by day to what the events say, in units of what is asked for", async () => {
    for (const query of ["", `customer=${shop.party.customer}`, "unit=output_tokens"]) {
      const days = (await get(`/usage-days?${span}&${query}`)).json<{
        data: (Event & { units: number; events: number })[];
      }>().data;
      const events = await listed(query);
      expect(sum(days)).toBe(sum(events));
      expect(days.reduce((total, { events: n }) => total + n, 0)).toBe(events.length);
      const unit = query.startsWith("unit") ? "output_tokens" : "predictions";
      const counted = events.reduce((total, { quantities }) => total + (quantities[unit] ?? 0), 0);
      expect(days.reduce((total, { units }) => total + units, 0)).toBe(counted);
    }
  });

  it("explains each amount by its place in the period, in words, and all of them exactly", async () => {
    for (const { id, amount } of await listed(`customer=${shop.party.customer}`)) {
      const told = (await get(`/usage-events/${id}/explain`)).json<{
        is_exact: boolean;
        units: Event[];
        event: Event;
      }>();
      expect([told.is_exact, told.event.amount, sum(told.units)]).toEqual([true, amount, BigInt(amount.amount_nanos)]);
    }
    const [last] = await listed(`customer=${shop.party.customer}`);
    const inChinese = await get(`/usage-events/${last?.id}/explain?language=zh`);
    expect(inChinese.json()).toMatchObject({
      units: [
        {
          unit: "predictions",
          count: 1,
          before: 23,
          amount: { amount_nanos: "5000000" },
          steps: [expect.stringMatching(/10/), expect.any(String)],
        },
      ],
    });
  });

  it("is a file of exact amounts, in which no cell is a formula", async () => {
    const file = await get(`/usage-events/export?${span}`);
    const lines = file.body.trimEnd().split("\r\n");
    expect([file.statusCode, file.headers["content-type"], lines.length]).toEqual([200, "text/csv; charset=utf-8", 31]);
    expect(lines.at(-1)).toContain(`"'=HYPERLINK(""x"")"`);
    expect(lines.at(-1)).toMatch(/,0\.11,usd$/); // the first prediction at 0.01 and 100 tokens at 0.001
  });

  it.each([
    ["no time", "/usage-events", 400, /from_ms/],
    ["a time that ends before it begins", "/usage-days?from_ms=10&to_ms=5", 400, /1 to 92 days/],
    [
      "too long a time",
      `/usage-events?from_ms=0&to_ms=${(limits.usageExploredDaysMax + 1) * dayMs}`,
      400,
      /1 to 92 days/,
    ],
    ["too long a file", `/usage-events/export?from_ms=0&to_ms=${200 * dayMs}`, 400, /1 to 92 days/],
    ["a unit that is none", `/usage-events?${span}&unit=pages`, 400, /unit/],
    ["an event that is none", "/usage-events/use_nothing/explain", 404, /no usage event/],
  ])("refuses %s", async (_story, url, status, says) => {
    const answer = await get(url);
    expect([answer.statusCode, answer.body]).toEqual([status, expect.stringMatching(says)]);
  });
});
