import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifyLedger } from "../ledger/index.ts";
import { type Party, getInvoice, listInvoices, settleUnit, verifySell } from "../sell/index.ts";
import { openShop, predictionOf } from "../sell/testing/shop.ts";
import { type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import { closeMonth } from "./index.ts";

const asOfMs = now + 32 * dayMs;
const price = { kind: "per_unit", perThousandNanos: 2_000_000_000n, freeUnits: 0 } as const;

describeEachEngine("closing many at once", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let predictions = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const join = async (units: number): Promise<Party> => {
    const { party } = await openShop(store, { price, feeNanos: 1_000_000_000n, balanceNanos: 100_000_000_000n });
    if (units === 0) return party;
    await store.run(settleUnit, {
      party,
      hold: null,
      prediction: predictionOf(predictions++),
      quantities: { predictions: units },
      costNanos: 0n,
      model: null,
      release: null,
      atMs: now,
      nowMs: now,
    });
    return party;
  };
  const close = () => closeMonth(store, { asOfMs, nowMs: asOfMs });
  const componentsOf = async ({ subscription }: Party): Promise<string> => {
    const rows = await store.perform(
      query<{ components: string }>(sql`select components from usage_periods where subscription = ${subscription}`),
    );
    return rows[0]?.components ?? "";
  };
  const write = ({ subscription }: Party, components: string) =>
    store.perform(
      query(sql`update usage_periods set components = ${components}
        where subscription = ${subscription} and state = 'open'`),
    );
  const invoicesOf = async ({ customer }: Party) => (await listInvoices(store, { customer })).data;
  const numbersOf = async (invoices: readonly string[]) =>
    (await Promise.all(invoices.map((invoice) => getInvoice(store, { customer: "any", invoice }))))
      .map(({ number }) => number)
      .toSorted((a, b) => a - b);
  const unhealthy = async () =>
    [...(await verifySell(store)), ...(await verifyLedger(store, asOfMs))].filter(
      ({ problemCount }) => problemCount > 0,
    );

  it("law: whoever cannot be closed keeps nobody else open, is told of, and is closed when it is well again", async () => {
    const customer = fc.record({ units: fc.integer({ min: 0, max: 900 }), broken: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(customer, { minLength: 1, maxLength: 6 }), async (customers) => {
        const parties = await Promise.all(customers.map(({ units }) => join(units)));
        const broken = parties.filter((_, at) => customers[at]?.broken);
        const well = parties.filter((party) => !broken.includes(party));
        const before = await Promise.all(broken.map(componentsOf));
        for (const party of broken) await write(party, "no prices");

        const report = await close();
        expect(report.failed.map(({ subscription }) => subscription).toSorted()).toEqual(
          broken.map(({ subscription }) => subscription).toSorted(),
        );
        for (const { reason } of report.failed) expect(reason).not.toBe("");
        expect(report.issued).toHaveLength(well.length);
        for (const party of well) expect(await invoicesOf(party)).toHaveLength(1);
        for (const party of broken) expect(await invoicesOf(party)).toEqual([]);

        for (const [at, party] of broken.entries()) await write(party, before[at] ?? "");
        const again = await close();
        expect([again.failed, again.issued.length]).toEqual([[], broken.length]);
        for (const party of parties) expect(await invoicesOf(party)).toHaveLength(1);
        const numbers = await numbersOf([...report.issued, ...again.issued]);
        expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at)); // those that failed left no gap
        expect(await close()).toEqual({ issued: [], inFlight: [], failed: [] });
        expect(await unhealthy()).toEqual([]);
      }),
      { numRuns: 12, seed: 31 },
    );
  }, 60_000);

  it("of more than one batch, with the broken one in the middle of the first", async () => {
    const parties: Party[] = [];
    for (let i = 0; i < 35; i++) parties.push(await join(i));
    const broken = parties[16];
    if (!broken) throw new Error("there are 35");
    const prices = await componentsOf(broken);
    await write(broken, "no prices");
    const { issued, failed } = await close();
    expect([issued.length, failed.map(({ subscription }) => subscription)]).toEqual([34, [broken.subscription]]);
    await write(broken, prices);
    expect((await close()).issued).toHaveLength(1);
  }, 60_000);
});
