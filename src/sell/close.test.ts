import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Nanos } from "../kernel/money.ts";
import { sumNanos } from "../kernel/money.ts";
import { amountOn, findEntry, verifyLedger } from "../ledger/index.ts";
import { type Steps, type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type CloseOutcome,
  type InvoiceOf,
  type IssuedFacts,
  type Party,
  accountOf,
  admitUnit,
  balanceOfCustomer,
  closePeriod,
  creditInvoice,
  dueSubscriptions,
  getInvoice,
  listInvoices,
  previewInvoice,
  renderInvoice,
  settleUnit,
  verifySell,
} from "./index.ts";
import { type Offer, openShop, predictionOf } from "./testing/shop.ts";

const hourMs = 3_600_000;
const cent = 10_000_000n;
const endMs = now + 31 * dayMs; // of January 2026
const price = { kind: "per_unit", perThousandNanos: 2_345_000_000n, freeUnits: 10 } as const;

describeEachEngine("closing a period", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let predictions = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const shop = async (offer: Offer = {}): Promise<Party> =>
    (await openShop(store, { price, feeNanos: 500n * cent, balanceNanos: 10_000n * cent, ...offer })).party;
  const use = (party: Party, units: number, atMs = now, nowMs = atMs, prediction = predictions++): Promise<unknown> =>
    store.run(settleUnit, {
      party,
      hold: null,
      prediction: predictionOf(prediction),
      quantities: { predictions: units },
      costNanos: 0n,
      model: "mdl_1",
      release: null,
      atMs,
      nowMs,
    });
  const silent = function* (): Steps<void> {
    yield* query(sql`select 1 as told`);
  };
  const close = (
    party: Party,
    asOfMs = endMs + hourMs,
    also: (facts: IssuedFacts) => Steps<void> = silent,
  ): Promise<CloseOutcome> =>
    store.perform(closePeriod({ subscription: party.subscription, asOfMs, nowMs: asOfMs }, also));
  const issue = async (party: Party, asOfMs?: number): Promise<InvoiceOf<"invoice">> => {
    const outcome = await close(party, asOfMs);
    if (outcome.state !== "issued") throw new Error(`not issued: ${outcome.state}`);
    return outcome.invoice;
  };
  const rowsOf = async (invoice: InvoiceOf<"invoice">): Promise<unknown> =>
    getInvoice(store, { customer: invoice.customer, invoice: invoice.id });

  it("issues fee and usage, each rounded once, and takes exactly the total from the customer", async () => {
    const party = await shop();
    await use(party, 12);
    await use(party, 7, now + dayMs);
    expect(await previewInvoice(store, party.subscription)).toMatchObject({ totalNanos: 502n * cent });
    const invoice = await issue(party);
    expect(
      invoice.lines.map(({ kind, units, exactNanos, amountNanos }) => [kind, units, exactNanos, amountNanos]),
    ).toEqual([
      ["fee", 0, 500n * cent, 500n * cent],
      ["usage", 19, 21_105_000n, 2n * cent],
    ]);
    expect(invoice).toMatchObject({ totalNanos: 502n * cent, dueNanos: 0n, carriedOutNanos: 1_105_000n });
    expect(await rowsOf(invoice)).toEqual(invoice);
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: (10_000n - 502n) * cent });
  });

  it("again, twenty times in parallel, changes nothing", async () => {
    const party = await shop();
    await use(party, 12);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => close(party)));
    const issued = outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value.state === "issued");
    expect(issued).toHaveLength(1);
    expect((await close(party)).state).toBe("not_due");
    expect((await listInvoices(store, { customer: party.customer })).data).toHaveLength(1);
  });

  it("waits for the end and its grace, and for requests in flight", async () => {
    const party = await shop();
    expect(await close(party, endMs + hourMs - 1)).toEqual({ state: "not_due", dueAtMs: endMs + hourMs });
    const { hold } = await store.run(admitUnit, {
      party,
      quantities: { predictions: 3 },
      requestKey: "slow",
      nowMs: endMs - 1,
    });
    expect(await close(party)).toEqual({ state: "in_flight", held: { predictions: 3 } });
    const late = {
      party,
      hold,
      prediction: predictionOf(predictions++),
      quantities: { predictions: 3 },
      costNanos: 0n,
      model: null,
      release: null,
    };
    await store.run(settleUnit, { ...late, atMs: endMs + 5, nowMs: endMs + 5 });
    expect((await issue(party)).lines.at(-1)).toMatchObject({ units: 3, lateUnits: 0 });
  });

  it("counts usage within grace in its own period, and after the close in the next one, which says so", async () => {
    const party = await shop();
    await use(party, 11, endMs - 1, endMs + hourMs - 1);
    const january = await issue(party);
    expect(january.lines.at(-1)).toMatchObject({ units: 11, lateUnits: 0 });
    await use(party, 12, endMs - 1, endMs + 2 * hourMs);
    expect(await rowsOf(january)).toEqual(january);
    const february = await issue(party, now + 60 * dayMs);
    expect(february.lines.at(-1)).toMatchObject({ units: 12, lateUnits: 12 });
    expect(february.lines.at(-1)?.description).toContain("12 from before this period");
    expect(february.startMs).toBe(january.endMs);
  });

  it("closes one period after the other when nobody has closed for long, idle ones with their fee", async () => {
    const party = await shop();
    await use(party, 20, now + 70 * dayMs);
    const asOfMs = now + 100 * dayMs;
    expect(await dueSubscriptions(store, { asOfMs })).toContain(party.subscription);
    const units: (number | undefined)[] = [];
    for (;;) {
      const outcome = await close(party, asOfMs);
      if (outcome.state !== "issued") break;
      units.push(outcome.invoice.lines.at(-1)?.units);
    }
    expect(units).toEqual([0, 0, 20]);
    expect(await dueSubscriptions(store, { asOfMs })).not.toContain(party.subscription);
  });

  it("gives the same invoice for the same usage in any order, however often repeated", async () => {
    const events = [3, 1, 4, 1, 5, 9, 2, 6].map((units, i) => ({ units, atMs: now + i * dayMs }));
    const orders = fc.sample(fc.shuffledSubarray([...events.keys()], { minLength: events.length }), {
      numRuns: 3,
      seed: 11,
    });
    const invoices: unknown[] = [];
    for (const order of orders) {
      const party = await shop();
      const first = predictions;
      predictions += events.length;
      for (const i of [...order, ...order.slice(0, 3)]) {
        const { units, atMs } = events[i]!;
        await use(party, units, atMs, i % 2 === 0 ? atMs : endMs + 10, first + i); // odd ones are reported within grace
      }
      const { lines, totalNanos, carriedOutNanos } = await issue(party);
      const bare = lines.map(({ kind, units, lateUnits, amountNanos }) => ({ kind, units, lateUnits, amountNanos }));
      invoices.push({ bare, totalNanos, carriedOutNanos });
    }
    expect(invoices).toEqual(Array.from({ length: orders.length }, () => invoices[0]));
  });

  it("takes from a prepaid balance what it has, and makes the rest due", async () => {
    const party = await shop({ balanceNanos: 300n * cent });
    expect(await issue(party)).toMatchObject({ totalNanos: 500n * cent, dueNanos: 200n * cent });
    expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 0n, dueNanos: 200n * cent });
  });

  it("rolls back whole when what posts along with it fails", async () => {
    const party = await shop();
    const failing = function* (): Steps<void> {
      yield* silent();
      throw new Error("the partner's ledger is on fire");
    };
    await expect(close(party, undefined, failing)).rejects.toThrow("on fire");
    expect((await listInvoices(store, { customer: party.customer })).data).toEqual([]);
    const before = (await listInvoices(store, { customer: "any" })).data[0]?.number ?? 0;
    expect((await issue(party)).number).toBe(before + 1);
  });

  describe("a credit note", () => {
    it("mirrors the invoice, line by line and posting by posting, once", async () => {
      const party = await shop();
      await use(party, 19);
      const invoice = await issue(party);
      const input = { invoice: invoice.id, reason: "The filter was down.", nowMs: endMs + dayMs };
      const { state, creditNote } = await store.perform(creditInvoice(input, silent));
      expect(state).toBe("credited");
      expect(creditNote).toMatchObject({ totalNanos: -invoice.totalNanos, credits: invoice.id, reason: input.reason });
      expect(sumNanos(creditNote.lines.map((line) => line.amountNanos))).toBe(-invoice.totalNanos);
      expect(await store.perform(creditInvoice(input, silent))).toEqual({ state: "already", creditNote });
      const entry = await findEntry(store, "credit_note", invoice.id);
      const on = (kind: "customer" | "usageRevenue" | "feeRevenue" | "rounding"): Nanos =>
        amountOn(entry!, accountOf(kind, party));
      expect([on("customer"), on("usageRevenue"), on("feeRevenue"), on("rounding")]).toEqual([
        502n * cent,
        -21_105_000n,
        -500n * cent,
        1_105_000n,
      ]);
      expect(await rowsOf(invoice)).toEqual(invoice);
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 10_000n * cent });
    });

    it("of an invoice that is not paid forgives what is due first", async () => {
      const party = await shop({ balanceNanos: 100n * cent });
      const { id: invoice } = await issue(party);
      const outcome = await store.perform(creditInvoice({ invoice, reason: "goodwill", nowMs: endMs + dayMs }, silent));
      expect(outcome.creditNote.dueNanos).toBe(-400n * cent);
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 100n * cent, dueNanos: 0n });
    });

    it.each<[string, Offer, string, string]>([
      ["an invoice over nothing", { feeNanos: 0n }, "a reason", "conflict"],
      ["without a reason", {}, " ", "invalid_request"],
    ])("is refused for %s", async (_story, offer, reason, code) => {
      const { id: invoice } = await issue(await shop(offer));
      const work = store.perform(creditInvoice({ invoice, reason, nowMs: endMs + dayMs }, silent));
      await expect(work).rejects.toMatchObject({ code });
    });
  });

  describe("an invoice", () => {
    it("is read only by whom it is for", async () => {
      const invoice = await issue(await shop());
      const other = await shop();
      const foreign = getInvoice(store, { customer: other.customer, invoice: invoice.id });
      await expect(foreign).rejects.toMatchObject({ code: "not_found" });
      expect((await listInvoices(store, { customer: other.customer })).data).toEqual([]);
      expect(await getInvoice(store, { customer: "any", invoice: invoice.id })).toEqual(invoice);
    });

    it("is listed page by page, the last one first, with numbers without gaps", async () => {
      const numbers: number[] = [];
      let before: string | undefined;
      do {
        const page = await listInvoices(store, { customer: "any", limit: 4, before });
        numbers.push(...page.data.map((invoice) => invoice.number));
        before = page.nextCursor ?? undefined;
      } while (before);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => numbers.length - i));
    });

    it("fits 80 columns whatever the names are", async () => {
      const party = await shop({ balanceNanos: 100n * cent });
      await use(party, 19);
      const invoice = await issue(party);
      const names = {
        customerName: "A customer whose name is longer than any line ".repeat(3),
        sellerName: "S".repeat(100),
      };
      const text = renderInvoice({ invoice, ...names });
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
      expect(text).toContain("USD 5.02");
    });
  });

  it("leaves books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
    expect(checks.filter(({ looked }) => looked === 0).map(({ name }) => name)).toEqual([
      "units held are those of open holds",
      "budgets have spent what their usage was charged",
      "what budgets hold is in open holds",
      "kept credit is set aside",
      "kept credit pays for what it is kept to",
    ]);
  });
});
