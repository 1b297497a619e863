import { dayMs } from "../kernel/clock.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Nanos, sumNanos } from "../kernel/money.ts";
import { verifyLedger } from "../ledger/index.ts";
import { totalsByDimensions } from "../ledger/testing/totals.ts";
import { type Steps, type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import { creditLines, leftOf, planCredit } from "./credit-plan.ts";
import type { LineAbout } from "./documents/view.ts";
import {
  type CreditPart,
  type InvoiceOf,
  type Party,
  accountKinds,
  addInvoiceItem,
  balanceOfCustomer,
  changeBillingProfile,
  changeSeller,
  closePeriod,
  collectionsOf,
  createCoupon,
  creditInvoice,
  listEvents,
  receivePayment,
  redeemCoupon,
  renderDocument,
  settleUnit,
  verifySell,
  writeOffInvoice,
} from "./index.ts";
import type { TaxDecision } from "./tax/decide.ts";
import { taxOf } from "./tax/decide.ts";
import { type Offer, openShop, predictionOf } from "./testing/shop.ts";

const coin = 10_000_000n;
const endMs = now + 31 * dayMs;
const rate = { country: "DE", name: "VAT", partsPerMillion: 190_000, fromMs: 0 } as never;
const treatments: Record<string, TaxDecision> = {
  charged: { treatment: "charged", rate },
  included: { treatment: "included", rate },
  none: { treatment: "none" },
};

/** An invoice with lines of so many coins: fees, and a discount. */
function invoiceOf(coins: readonly bigint[], discount: bigint, tax: TaxDecision): InvoiceOf<"invoice"> {
  const about = (amount: bigint, position: number): [LineAbout, Nanos] => [
    { kind: "addon", name: `a${position}`, quantity: 1, part: null },
    amount * coin,
  ];
  const rows = [...coins.map(about), [{ kind: "discount", code: "LESS" } as LineAbout, -discount * coin] as const];
  const netNanos = sumNanos(rows.map(([, nanos]) => nanos));
  const taxNanos = taxOf(tax, netNanos, "usd");
  const lines = rows.map(([of, amountNanos]) => {
    return {
      kind: of.kind,
      unit: null,
      description: "",
      units: 0,
      lateUnits: 0,
      exactNanos: amountNanos,
      amountNanos,
      about: of,
    };
  });
  const totalNanos = tax.treatment === "charged" ? netNanos + taxNanos : netNanos;
  return { lines, totalNanos, taxNanos, tax, currency: "usd", kind: "invoice" } as unknown as InvoiceOf<"invoice">;
}

describe("a part of an invoice", () => {
  const asked = fc.array(fc.record({ byLine: fc.boolean(), at: fc.nat(3), share: fc.integer({ min: 1, max: 100 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  const amounts = fc.array(fc.bigInt({ min: 1n, max: 100_000n }), { minLength: 1, maxLength: 4 });
  it("all parts together are exactly the invoice and its tax, whatever they are, and none is below zero", () => {
    fc.assert(
      fc.property(
        amounts,
        fc.nat(90),
        fc.constantFrom(...Object.values(treatments)),
        asked,
        (coins, off, tax, parts) => {
          const discount = (coins.reduce((sum, one) => sum + one, 0n) * BigInt(off)) / 100n;
          const invoice = invoiceOf(coins, discount, tax);
          const notes: InvoiceOf<"invoice">[] = [];
          const credit = (part: CreditPart): void => {
            const plan = planCredit(invoice, leftOf(invoice, notes), part);
            const lines = creditLines(invoice, plan);
            const note = { ...invoice, lines, totalNanos: -plan.totalNanos, taxNanos: -plan.taxNanos };
            expect(lines.every(({ amountNanos }) => amountNanos < 0n && amountNanos % coin === 0n)).toBe(true);
            expect(sumNanos(lines.map(({ amountNanos }) => amountNanos))).toBe(note.totalNanos);
            expect(plan.totalNanos > 0n && plan.taxNanos >= 0n).toBe(true);
            notes.push(note);
            const left = leftOf(invoice, notes);
            expect(left.totalNanos >= 0n && left.taxNanos >= 0n && left.netNanos >= 0n).toBe(true);
            expect(left.lines.every(({ amountNanos }) => amountNanos >= 0n)).toBe(true);
          };
          for (const { byLine, at, share } of parts) {
            const left = leftOf(invoice, notes);
            const line = left.lines[at % left.lines.length];
            const most = byLine && line ? line.amountNanos : left.totalNanos;
            const amountNanos =
              ((most / coin) * BigInt(share) * coin) / 100n - ((((most / coin) * BigInt(share)) % 100n) * coin) / 100n;
            if (amountNanos <= 0n) continue;
            if (!byLine || !line) credit({ amountNanos });
            else if (amountNanos <= left.netNanos) credit({ lines: [{ position: line.position, amountNanos }] });
          }
          if (leftOf(invoice, notes).totalNanos > 0n) credit({});
          const left = leftOf(invoice, notes);
          expect([left.totalNanos, left.taxNanos, left.netNanos]).toEqual([0n, 0n, 0n]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each<[story: string, part: CreditPart, code: string, param: string]>([
    ["more than it", { amountNanos: 101n * coin }, "conflict", "amount"],
    ["nothing", { amountNanos: 0n }, "invalid_request", "amount"],
    ["less than a coin", { amountNanos: 1n }, "invalid_request", "amount"],
    ["an amount and lines", { amountNanos: coin, lines: [] }, "invalid_request", "amount"],
    ["no lines", { lines: [] }, "invalid_request", "lines"],
    [
      "a line that is not there",
      { lines: [{ position: 7, amountNanos: coin }] },
      "invalid_request",
      "lines.0.position",
    ],
    ["a discount", { lines: [{ position: 2, amountNanos: coin }] }, "invalid_request", "lines.0.position"],
    ["more than a line", { lines: [{ position: 0, amountNanos: 71n * coin }] }, "conflict", "lines.0.amount"],
    [
      "more lines than the discount leaves",
      { lines: [0, 1].map((position) => ({ position, amountNanos: 60n * coin })) },
      "conflict",
      "lines",
    ],
    [
      "a line twice",
      { lines: [0, 0].map((position) => ({ position, amountNanos: coin })) },
      "invalid_request",
      "lines.1.position",
    ],
  ])("is refused: %s", (_story, part, code, param) => {
    const invoice = invoiceOf([70n, 60n], 30n, { treatment: "none" });
    const details: unknown = expect.objectContaining({ param });
    expect(() => planCredit(invoice, leftOf(invoice, []), part)).toThrow(expect.objectContaining({ code, details }));
  });
});

describeEachEngine("partial credit notes", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => {
    ({ store, dispose } = await stores.open());
    await changeSeller(store, { country: "DE" });
  });
  afterAll(() => dispose());

  const silent = function* (): Steps<void> {
    yield* query(sql`select 1 as told`);
  };
  const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 0 } as const;
  const credit = { kind: "postpaid", creditLimitNanos: 1_000_000n * coin } as const;
  /** A fee of 100 coins, 200 coins of usage by two models, 300 of service, half off fee and usage, 19 % on top. */
  async function issued(offer: Offer = {}): Promise<{ party: Party; invoice: InvoiceOf<"invoice"> }> {
    const { party } = await openShop(store, { price, feeNanos: 100n * coin, terms: credit, ...offer });
    const { subscription, customer } = party;
    for (const [model, predictions] of [
      ["mdl_a", 150],
      ["mdl_b", 50],
    ] as const) {
      await store.run(settleUnit, {
        party,
        hold: null,
        prediction: predictionOf(++count),
        quantities: { predictions },
        costNanos: 0n,
        model,
        release: null,
        atMs: now + dayMs,
        nowMs: now + dayMs,
      });
    }
    const item = { customer, service: "course", description: "A day", quantity: 1, unitNanos: 300n * coin } as const;
    await addInvoiceItem(store, { ...item, atMs: now + dayMs, nowMs: now + dayMs });
    const code = `HALF${++count}`;
    await createCoupon(store, { code, discount: { kind: "percent", partsPerMillion: 500_000 }, nowMs: now });
    await redeemCoupon(store, { code, subscription, nowMs: now });
    const closed = await store.perform(closePeriod({ subscription, asOfMs: endMs, graceMs: 0, nowMs: endMs }, silent));
    if (closed.state !== "issued") throw new Error(closed.state);
    return { party, invoice: closed.invoice };
  }
  const give = async (invoice: InvoiceOf<"invoice">, part: CreditPart = {}) =>
    store.perform(creditInvoice({ invoice: invoice.id, reason: "goodwill", nowMs: endMs + dayMs, ...part }, silent));
  async function state({ id }: { id: string }): Promise<string> {
    const found = (await collectionsOf(store, [id])).get(id);
    return found && "openNanos" in found ? `${found.state} ${found.openNanos / coin}` : (found?.state ?? "none");
  }
  /** What an account kind of the customer has earned since the invoice, in coins, by model. */
  async function taken({ customer }: Party, kind: string): Promise<string[]> {
    const range = { fromMs: endMs, toMs: endMs + 9 * dayMs };
    const rows = await totalsByDimensions(store, { kinds: [kind], ...range, customer });
    return rows.map(({ model, amountNanos }) => `${model ?? "-"} ${amountNanos / coin}`).sort();
  }

  it("an amount takes lines, revenue and tax back in proportion, and pays its own invoice first", async () => {
    const { party, invoice } = await issued();
    expect([invoice.totalNanos / coin, invoice.taxNanos / coin]).toEqual([536n, 86n]); // 450 net, 85.5 rounded
    const { creditNote } = await give(invoice, { amountNanos: 268n * coin });
    expect([creditNote.totalNanos / coin, creditNote.taxNanos / coin]).toEqual([-268n, -43n]);
    expect(creditNote.lines.map(({ kind, amountNanos }) => `${kind} ${amountNanos / coin}`)).toEqual([
      "credit -38",
      "credit -75",
      "credit -112",
      "tax -43",
    ]);
    expect(await state(invoice)).toBe("open 268");
    expect(await taken(party, accountKinds.usageRevenue)).toEqual(["mdl_a -56", "mdl_b -18"]);
    expect(await taken(party, accountKinds.feeRevenue)).toEqual(["- -38"]);
    expect(await taken(party, accountKinds.serviceRevenue)).toEqual(["- -112"]);
    expect(await taken(party, accountKinds.taxPayable)).toEqual(["- -43"]);
    const { data } = await listEvents(store, { customer: party.customer, kind: "credit_note.issued" });
    expect(data).toHaveLength(1);
  });

  it("lines take what they say, with their tax; the rest takes the rest, and the invoice is void", async () => {
    const { party, invoice } = await issued();
    const course = invoice.lines.findIndex(({ kind }) => kind === "item");
    const first = await give(invoice, { lines: [{ position: course, amountNanos: 100n * coin }] });
    expect([first.creditNote.totalNanos / coin, first.creditNote.taxNanos / coin]).toEqual([-119n, -19n]);
    await receivePayment(store, { ...party, amountNanos: 417n * coin, reference: "all", nowMs: endMs + dayMs });
    expect(await state(invoice)).toBe("paid");
    const rest = await give(invoice);
    expect(rest.creditNote.totalNanos / coin).toBe(-417n);
    expect(rest.creditNote.number).toBe(first.creditNote.number + 1);
    expect(await state(invoice)).toBe("void");
    expect((await give(invoice)).state).toBe("already");
    await expect(give(invoice, { amountNanos: coin })).rejects.toMatchObject({ code: "conflict" });
    expect((await balanceOfCustomer(store, party.customer)).balanceNanos).toBe(417n * coin);
  });

  it("never more than the invoice, also when two credit at the same time", async () => {
    const { invoice } = await issued();
    const both = await Promise.allSettled([0, 1].map(() => give(invoice, { amountNanos: 300n * coin })));
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(give(invoice, { amountNanos: 237n * coin })).rejects.toMatchObject({ code: "conflict" });
    await give(invoice, { amountNanos: 236n * coin });
    expect((await give(invoice)).state).toBe("already");
  });

  it("of a prepaid customer it goes back to the balance", async () => {
    const { party, invoice } = await issued({ terms: { kind: "prepaid" }, balanceNanos: 10_000n * coin });
    const before = (await balanceOfCustomer(store, party.customer)).balanceNanos;
    await give(invoice, { amountNanos: 119n * coin });
    expect((await balanceOfCustomer(store, party.customer)).balanceNanos).toBe(before + 119n * coin);
  });

  it("is a page in both languages that names the invoice and its lines", async () => {
    const { party, invoice } = await issued();
    await changeBillingProfile(store, party.customer, { legalName: "Kestrel AG" });
    const { creditNote } = await give(invoice, { lines: [{ position: 0, amountNanos: 10n * coin }] });
    const ask = { customer: party.customer, invoice: creditNote.id, sellerName: "Millrace" } as const;
    const page = async (language: "en" | "zh") =>
      (await renderDocument(store, { ...ask, format: "html", language })).toString();
    expect(await page("en")).toContain("Credit: ");
    expect(await page("en")).toContain(invoice.title);
    expect(await page("zh")).toContain("退款：");
    const pdf = await renderDocument(store, { ...ask, format: "pdf", language: "zh" });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  });

  it("what is written off is not credited", async () => {
    const { invoice } = await issued();
    await writeOffInvoice(store, { invoice: invoice.id, nowMs: endMs + dayMs });
    await expect(give(invoice, { amountNanos: coin })).rejects.toMatchObject({ code: "conflict" });
  });

  it("leaves books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
