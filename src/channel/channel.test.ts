import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sumNanos } from "../kernel/money.ts";
import { findEntry, verifyLedger } from "../ledger/index.ts";
import { totalsByDimensions } from "../ledger/testing/totals.ts";
import { type InvoiceOf, type Party, listInvoices, settleUnit, verifySell } from "../sell/index.ts";
import { openShop, predictionOf } from "../sell/testing/shop.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type Channel,
  type Partner,
  attributeCustomer,
  channels,
  closeMonth,
  createPartner,
  getAttribution,
  getStatement,
  issueCreditNote,
  listCommissions,
  listPartners,
  renderStatement,
  verifyChannel,
} from "./index.ts";
import { allocate } from "../kernel/allocate.ts";
import { commissionOf } from "./share.ts";

const cent = 10_000_000n;
const asOfMs = now + 32 * dayMs;
const january = { fromMs: now, toMs: now + 31 * dayMs };

describe("a commission", () => {
  it.each<[string, bigint, number, bigint]>([
    ["20 % of ten dollars", 1_000n * cent, 2_000, 200n * cent],
    ["rounds down: a third of a nano is nothing", 1n, 3_333, 0n],
    ["all of it, never more", 7n, 10_000, 7n],
    ["nothing of it", 7n, 0, 0n],
  ])("%s", (_story, base, basisPoints, amount) => {
    expect(commissionOf(base, basisPoints)).toBe(amount);
  });

  it("is split to the nano, in proportion, and nobody gets more than one nano beside their share", () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), weights, (amount, list) => {
        fc.pre(list.some((weight) => weight > 0n));
        const parts = allocate(amount, list);
        const total = sumNanos(list);
        expect(sumNanos(parts)).toBe(amount);
        for (const [at, part] of parts.entries()) {
          const exact = (amount * list[at]!) / total;
          expect(part === exact || part === exact + 1n).toBe(true);
          expect(list[at] === 0n ? part : 0n).toBe(0n);
        }
      }),
      { seed: 4 },
    );
  });
});

describeEachEngine("a channel", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let partner: Partner;
  let party: Party;
  beforeAll(async () => {
    ({ store, dispose } = await stores.open());
    partner = await createPartner(store, {
      name: "Mill & Sons",
      channel: "referral",
      commissionBasisPoints: 2_000,
      nowMs: now,
    });
    const price = { kind: "per_unit", perThousandNanos: 1_234_567_000n, freeUnits: 3 } as const;
    ({ party } = await openShop(store, { price, feeNanos: 100n * cent, balanceNanos: 1_000n * cent }));
  });
  afterAll(() => dispose());

  it.each(channels.filter((channel) => channel !== "referral"))(
    "refuses what it cannot do yet: %s",
    async (channel) => {
      const work = createPartner(store, { name: channel, channel, commissionBasisPoints: 1, nowMs: now });
      await expect(work).rejects.toMatchObject({ code: "invalid_request", details: { param: "channel" } });
    },
  );

  it.each<[string, Partial<{ name: string; channel: Channel; commissionBasisPoints: number }>, string]>([
    ["more than everything", { commissionBasisPoints: 10_001 }, "invalid_request"],
    ["a negative share", { commissionBasisPoints: -1 }, "invalid_request"],
    ["half a basis point", { commissionBasisPoints: 0.5 }, "invalid_request"],
    ["no name", { name: "" }, "invalid_request"],
    ["a name that is taken", { name: "Mill & Sons" }, "conflict"],
    ["no known channel", { channel: "friends" as Channel }, "invalid_request"],
  ])("refuses a partner with %s", async (_story, wrong, code) => {
    const input = { name: "New", channel: "referral" as Channel, commissionBasisPoints: 1, nowMs: now, ...wrong };
    await expect(createPartner(store, input)).rejects.toMatchObject({ code });
    expect((await listPartners(store)).data).toHaveLength(1);
  });

  it("keeps the first attribution, with its reason", async () => {
    const second = await createPartner(store, {
      name: "Too late",
      channel: "referral",
      commissionBasisPoints: 5_000,
      nowMs: now,
    });
    const touch = (by: Partner) =>
      attributeCustomer(store, { customer: party.customer, partner: by.id, reason: `link of ${by.name}`, nowMs: now });
    const outcomes = [await touch(partner), await touch(second), await touch(partner)];
    expect(outcomes.map(({ state }) => state)).toEqual(["attributed", "already", "already"]);
    expect(await getAttribution(store, party.customer)).toMatchObject({
      partner: partner.id,
      reason: "link of Mill & Sons",
    });
  });

  it("pays with the invoice, in the dimensions that earned it, and closing again changes nothing", async () => {
    for (const [n, model] of ["mdl_a", "mdl_a", "mdl_b", null].entries()) {
      const usage = {
        prediction: predictionOf(n),
        quantities: { predictions: 5 },
        costNanos: 9n,
        model,
        release: null,
        atMs: now,
        nowMs: now,
      };
      await store.run(settleUnit, { party: { ...party, partner: partner.id }, hold: null, ...usage });
    }
    const first = await closeMonth(store, { asOfMs, nowMs: asOfMs });
    expect(first).toMatchObject({ issued: [expect.stringMatching(/^inv_/)], inFlight: [] });
    expect(await closeMonth(store, { asOfMs, nowMs: asOfMs })).toEqual({ issued: [], inFlight: [], failed: [] });
    const [earned, ...more] = (await listCommissions(store, { partner: partner.id })).data;
    expect(more).toEqual([]);
    expect(earned).toMatchObject({ baseNanos: 102n * cent, amountNanos: 204_000_000n, basisPoints: 2_000 });
    const totals = await totalsByDimensions(store, { kinds: ["commission"], ...january, customer: party.customer });
    expect(sumNanos(totals.map((total) => total.amountNanos))).toBe(-204_000_000n);
    expect(new Set(totals.map((total) => total.model))).toEqual(new Set(["mdl_a", "mdl_b", null]));
    expect(totals.every((total) => total.partner === partner.id && total.product === party.product)).toBe(true);
  });

  it("states it in 80 columns", async () => {
    const statement = await getStatement(store, { partner: partner.id, ...january });
    expect(statement.totals).toEqual([{ currency: "usd", baseNanos: 102n * cent, amountNanos: 204_000_000n }]);
    const long = { ...statement, partner: { ...partner, name: "N".repeat(100) } };
    const text = renderStatement({
      ...long,
      lines: long.lines.map((line) => ({ ...line, customerName: "C".repeat(90) })),
    });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).toContain("USD 0.204");
    const empty = await getStatement(store, { partner: partner.id, fromMs: 0, toMs: now });
    expect(renderStatement(empty)).toContain("Nothing was earned");
  });

  it("takes it back, posting by posting, when the invoice is credited", async () => {
    const [invoice] = (await listInvoices(store, { customer: party.customer })).data as InvoiceOf<"invoice">[];
    const credit = () => issueCreditNote(store, { invoice: invoice!.id, reason: "goodwill", nowMs: asOfMs });
    const { creditNote } = await credit();
    expect((await credit()).state).toBe("already");
    const [paid, back] = [
      await findEntry(store, "commission", invoice!.id),
      await findEntry(store, "commission", creditNote.id),
    ];
    expect(back!.postings).toEqual(
      paid!.postings.map((posting) => ({ ...posting, amountNanos: -posting.amountNanos })),
    );
    expect(sumNanos((await listCommissions(store)).data.map((commission) => commission.amountNanos))).toBe(0n);
  });

  it("takes a part back in proportion, and the parts of a whole are the whole", async () => {
    const { party: other } = await openShop(store, { feeNanos: 777n * cent, balanceNanos: 9_999n * cent });
    await attributeCustomer(store, { customer: other.customer, partner: partner.id, reason: "link", nowMs: now });
    await closeMonth(store, { asOfMs, nowMs: asOfMs });
    const [invoice] = (await listInvoices(store, { customer: other.customer })).data as InvoiceOf<"invoice">[];
    const ask = { invoice: invoice!.id, reason: "goodwill", nowMs: asOfMs };
    const amounts: bigint[] = [];
    for (const amountNanos of [1n * cent, 333n * cent, undefined]) {
      const part = amountNanos === undefined ? {} : { amountNanos };
      const { creditNote } = await issueCreditNote(store, { ...ask, ...part });
      const { data } = await listCommissions(store, { partner: partner.id });
      const last = data.find(({ document }) => document === creditNote.id);
      expect(last).toMatchObject({ baseNanos: creditNote.totalNanos });
      amounts.push(last!.amountNanos);
    }
    expect(amounts).toEqual([-2_000_000n, -666_000_000n, -886_000_000n]);
    expect(sumNanos(amounts)).toBe(-(777n * cent) / 5n);
  });

  it("leaves books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store)), ...(await verifyChannel(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
    expect(checks.filter(({ name, looked }) => name.includes("ommission") && looked === 0)).toEqual([]);
  });
});
