import { dayMs } from "../kernel/clock.ts";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../kernel/secret.ts";
import { amountOn, findEntry, verifyLedger } from "../ledger/index.ts";
import { type JobRunner, type Steps, type Store, query, runOneJob, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type InvoiceOf,
  type Party,
  type ProviderEvent,
  accountOf,
  addInvoiceItem,
  applyProviderEvent,
  balanceOfCustomer,
  changeBillingProfile,
  changeSeller,
  closePeriod,
  collectionsOf,
  createCoupon,
  createWebhook,
  creditInvoice,
  explainInvoice,
  isSigned,
  issueItems,
  listDeliveries,
  listEvents,
  listPayments,
  messageSender,
  receivableAgeing,
  receivePayment,
  reconcilePayments,
  redeemCoupon,
  refundPayment,
  removeInvoiceItem,
  renderDocument,
  renderDraft,
  replayDelivery,
  rotateWebhookSecret,
  runDunning,
  settleUnit,
  stripeProvider,
  verifySell,
  webhookJobs,
  writeOffInvoice,
} from "./index.ts";
import { type Offer, openShop, pepper, predictionOf } from "./testing/shop.ts";

const coin = 10_000_000n;
const endMs = now + 31 * dayMs;
const price = { kind: "per_unit", perThousandNanos: 1_000n * coin, freeUnits: 0 } as const;
const credit = { kind: "postpaid", creditLimitNanos: 1_000_000n * coin } as const;

describeEachEngine("invoices and the money that pays them", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let count = 0;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const silent = function* (): Steps<void> {
    yield* query(sql`select 1 as told`);
  };
  const shop = async (offer: Offer = {}): Promise<Party> =>
    (await openShop(store, { price, feeNanos: 100n * coin, terms: credit, ...offer })).party;
  const use = (party: Party, predictions: number): Promise<unknown> =>
    store.run(settleUnit, {
      party,
      hold: null,
      prediction: predictionOf(++count),
      quantities: { predictions },
      costNanos: 0n,
      model: "mdl_1",
      release: null,
      atMs: now + dayMs,
      nowMs: now + dayMs,
    });
  async function issue(party: Party, asOfMs = endMs): Promise<InvoiceOf<"invoice">> {
    const { subscription } = party;
    const closed = await store.perform(closePeriod({ subscription, asOfMs, graceMs: 0, nowMs: asOfMs }, silent));
    if (closed.state !== "issued") throw new Error(`not issued: ${closed.state}`);
    return closed.invoice;
  }
  const pay = (party: Party, coins: bigint, reference: string, nowMs = endMs) =>
    receivePayment(store, { customer: party.customer, amountNanos: coins * coin, reference, nowMs });
  /** `open 60` in coins, or `paid`. */
  async function state({ id }: { id: string }): Promise<string> {
    const found = (await collectionsOf(store, [id])).get(id);
    return found && "openNanos" in found ? `${found.state} ${found.openNanos / coin}` : (found?.state ?? "none");
  }
  async function give(party: Party, invoice: InvoiceOf<"invoice">): Promise<void> {
    const input = { invoice: invoice.id, reason: "goodwill", nowMs: endMs + dayMs };
    const { creditNote } = await store.perform(creditInvoice(input, silent));
    expect(creditNote.customer).toBe(party.customer);
  }
  const kindsOf = async (party: Party): Promise<string[]> =>
    (await listEvents(store, { customer: party.customer })).data.map(({ kind }) => kind).toReversed();

  describe("payments", () => {
    it("pay the oldest invoice first, and what is left waits for the next", async () => {
      const party = await shop();
      const first = await issue(party);
      const second = await issue(party, now + 59 * dayMs);
      await pay(party, 150n, "p1");
      expect([await state(first), await state(second)]).toEqual(["paid", "open 50"]);
      await pay(party, 150n, "p2", endMs + 1);
      expect(await state(second)).toBe("paid");
      const third = await issue(party, now + 90 * dayMs);
      expect(await state(third)).toBe("paid"); // the 100 that waited
      const { paidBy } = await explainInvoice(store, { customer: party.customer, invoice: second.id });
      const bySource = paidBy.toSorted((a, b) => (a.source < b.source ? -1 : 1)); // both came in the same millisecond
      expect(bySource).toMatchObject([
        { source: "payment p1", amountNanos: 50n * coin },
        { source: "payment p2", amountNanos: 50n * coin },
      ]);
    });
    it("a prepaid balance pays as it goes: only what it lacked is open", async () => {
      const party = await shop({ terms: { kind: "prepaid" }, balanceNanos: 30n * coin });
      const invoice = await issue(party);
      expect(await state(invoice)).toBe("open 70");
      await pay(party, 100n, "top up");
      expect([await state(invoice), (await balanceOfCustomer(store, party.customer)).balanceNanos]).toEqual([
        "paid",
        30n * coin,
      ]);
    });
    it("a credit note makes what was open void, and what was paid pays the next invoice", async () => {
      const party = await shop();
      const first = await issue(party);
      const second = await issue(party, now + 59 * dayMs);
      await pay(party, 60n, "p");
      await give(party, first);
      expect([await state(first), await state(second)]).toEqual(["void", "open 40"]);
    });
    it("what is given up is bad debt, and cannot be credited or given up again", async () => {
      const party = await shop();
      const invoice = await issue(party);
      await pay(party, 30n, "p");
      await writeOffInvoice(store, { invoice: invoice.id, nowMs: endMs + dayMs });
      expect(await state(invoice)).toBe("uncollectible");
      expect(amountOn((await findEntry(store, "write_off", invoice.id))!, accountOf("badDebt", party))).toBe(
        -70n * coin,
      );
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 0n, dueNanos: 0n });
      const again = writeOffInvoice(store, { invoice: invoice.id, nowMs: endMs + dayMs });
      await expect(again).rejects.toMatchObject({ code: "conflict" });
      await expect(give(party, invoice)).rejects.toMatchObject({ code: "conflict" });
    });
    it("are given back only as far as no invoice and no usage needs them", async () => {
      const party = await shop();
      await issue(party);
      await pay(party, 150n, "p");
      const [payment] = (await listPayments(store, { customer: party.customer })).data;
      const refund = (coins: bigint, reference: string) =>
        refundPayment(store, { payment: payment!.id, amountNanos: coins * coin, reference, nowMs: endMs });
      await expect(refund(51n, "r1")).rejects.toMatchObject({ code: "conflict" });
      await expect(refund(151n, "r2")).rejects.toMatchObject({ code: "conflict" });
      expect(await refund(50n, "r3")).toMatchObject({ refundedNanos: 50n * coin });
      expect(await refund(50n, "r3")).toMatchObject({ refundedNanos: 50n * coin }); // the same one
      const prepaid = await shop({ terms: { kind: "prepaid" }, balanceNanos: 300n * coin });
      const [first] = (await listPayments(store, { customer: prepaid.customer })).data;
      await issue(prepaid);
      const more = { payment: first!.id, amountNanos: 201n * coin, reference: "r", nowMs: endMs };
      await expect(refundPayment(store, more)).rejects.toMatchObject({ code: "insufficient_credit" });
      await refundPayment(store, { ...more, amountNanos: 200n * coin });
      expect(await balanceOfCustomer(store, prepaid.customer)).toMatchObject({ availableNanos: 0n });
    });
    it("agree with the bank's list, or say where not", async () => {
      const party = await shop();
      await receivePayment(store, {
        customer: party.customer,
        amountNanos: 5n,
        reference: "a",
        provider: "bank",
        nowMs: 7,
      });
      await receivePayment(store, {
        customer: party.customer,
        amountNanos: 6n,
        reference: "b",
        provider: "bank",
        nowMs: 8,
      });
      await receivePayment(store, {
        customer: party.customer,
        amountNanos: 7n,
        reference: "c",
        provider: "bank",
        nowMs: 8,
      });
      const lines = [
        { reference: "a", amountNanos: 5n },
        { reference: "b", amountNanos: 60n },
        { reference: "d", amountNanos: 1n },
      ];
      expect(await reconcilePayments(store, { provider: "bank", fromMs: 7, toMs: 9, lines })).toEqual({
        matched: 1,
        missingHere: [{ reference: "d", amountNanos: 1n }],
        missingThere: [{ reference: "c", amountNanos: 7n }],
        different: [{ reference: "b", thereNanos: 60n, hereNanos: 6n }],
      });
    });
  });

  describe("a provider's messages", () => {
    it("count once, open what a dispute takes, and close it when it is won", async () => {
      const party = await shop();
      const { customer } = party;
      const invoice = await issue(party);
      const paid: ProviderEvent = {
        id: "evt_1",
        kind: "payment_succeeded",
        customer,
        reference: "pi_1",
        amountNanos: 100n * coin,
        currency: "usd",
      };
      const take = (event: ProviderEvent) => applyProviderEvent(store, "stripe", event, endMs);
      expect(await Promise.all([take(paid), take(paid)].map((work) => work.catch(() => "duplicate")))).toEqual(
        expect.arrayContaining(["applied", "duplicate"]),
      );
      expect(await take({ ...paid, id: "evt_2" })).toBe("duplicate"); // another message about the same payment
      expect(await state(invoice)).toBe("paid");
      const dispute = { kind: "dispute_opened", payment: "pi_1", reference: "dp_1", amountNanos: 100n * coin } as const;
      expect(await take({ ...dispute, id: "evt_3" })).toBe("applied");
      expect(await state(invoice)).toBe("open 100");
      expect(await take({ kind: "dispute_won", payment: "pi_1", reference: "dp_1", id: "evt_4" })).toBe("applied");
      expect(await state(invoice)).toBe("paid");
      const back = { kind: "refunded", payment: "pi_1", reference: "re_1", amountNanos: 40n * coin } as const;
      expect(await take({ ...back, id: "evt_5" })).toBe("applied");
      expect(await state(invoice)).toBe("open 40");
      expect(await take({ id: "evt_6", kind: "other", type: "charge.updated" })).toBe("ignored");
      await expect(take({ ...back, payment: "pi_x", id: "evt_7" })).rejects.toMatchObject({ code: "not_found" });
      await expect(take({ ...paid, id: "evt_8", reference: "pi_2", currency: "eur" })).rejects.toMatchObject({
        code: "conflict",
      });
    });
    it("a dispute of money that is spent makes it due", async () => {
      const party = await shop({ terms: { kind: "prepaid" } });
      await receivePayment(store, {
        customer: party.customer,
        amountNanos: 100n * coin,
        reference: "pi_9",
        provider: "stripe",
        nowMs: now,
      });
      await use(party, 70);
      const event = { id: "evt_9", payment: "pi_9", reference: "dp_9", amountNanos: 100n * coin } as const;
      await applyProviderEvent(store, "stripe", { ...event, kind: "dispute_opened" }, endMs);
      expect(await balanceOfCustomer(store, party.customer)).toMatchObject({ balanceNanos: 0n, dueNanos: 70n * coin });
    });
  });

  describe("items and coupons", () => {
    it("land on the next invoice, each once, and alone when asked for", async () => {
      const party = await shop();
      const { customer } = party;
      const item = { customer, service: "labelling", description: "January", nowMs: now } as const;
      await addInvoiceItem(store, { ...item, quantity: 20, unitNanos: 15n * coin });
      const gone = await addInvoiceItem(store, { ...item, unitNanos: 1n * coin });
      await removeInvoiceItem(store, gone.id);
      const later = await addInvoiceItem(store, { ...item, service: "course", unitNanos: 9n * coin, atMs: endMs });
      const invoice = await issue(party);
      expect(invoice.lines.map(({ kind, amountNanos }) => [kind, amountNanos / coin])).toEqual([
        ["fee", 100n],
        ["usage", 0n],
        ["item", 300n],
      ]);
      const alone = await store.perform(issueItems({ customer, nowMs: endMs }, silent));
      expect(alone).toMatchObject({ totalNanos: 9n * coin, period: null, dueNanos: 9n * coin });
      await expect(store.perform(issueItems({ customer, nowMs: endMs }, silent))).rejects.toMatchObject({
        code: "conflict",
      });
      await expect(removeInvoiceItem(store, later.id)).rejects.toMatchObject({ code: "conflict" });
      await give(party, alone);
      expect(await state(alone)).toBe("void");
    });
    it.each([
      ["nothing", { unitNanos: 0n }],
      ["half a milestone", { unitNanos: 5n, quantity: 0.5 }],
      ["no words", { unitNanos: 5n, description: " " }],
      ["an unknown service", { unitNanos: 5n, service: "gift" as "other" }],
    ])("an item of %s is refused", async (_story, wrong) => {
      const { customer } = await shop();
      const item = { customer, service: "project", description: "x", nowMs: now, ...wrong } as const;
      await expect(addInvoiceItem(store, item)).rejects.toMatchObject({ code: "invalid_request" });
    });
    it("a coupon takes its share for its periods, once a subscription", async () => {
      const party = await shop();
      const { subscription } = party;
      const discount = { kind: "percent", partsPerMillion: 250_000 } as const;
      await createCoupon(store, { code: "spring-1", discount, periods: 1, redemptionsMax: 1, nowMs: now });
      await redeemCoupon(store, { code: "Spring-1", subscription, nowMs: now });
      const again = redeemCoupon(store, { code: "SPRING-1", subscription, nowMs: now });
      await expect(again).rejects.toMatchObject({ code: "conflict" });
      const unknown = redeemCoupon(store, { code: "NONE", subscription, nowMs: now });
      await expect(unknown).rejects.toMatchObject({ code: "not_found" });
      expect((await issue(party)).totalNanos).toBe(75n * coin);
      expect((await issue(party, now + 59 * dayMs)).totalNanos).toBe(100n * coin);
    });
    it("a coupon in another currency is refused", async () => {
      const { subscription } = await shop();
      const discount = { kind: "amount", amountNanos: coin, currency: "eur" } as const;
      await createCoupon(store, { code: "EURO", discount, nowMs: now });
      const work = redeemCoupon(store, { code: "EURO", subscription, nowMs: now });
      await expect(work).rejects.toMatchObject({ code: "conflict" });
    });
  });

  describe("reminders", () => {
    it("come on their days, once each, and stop when it is paid", async () => {
      const party = await shop();
      const invoice = await issue(party); // to be paid within 14 days; reminders at -3, 1, 7, 14
      const at = async (days: number) => runDunning(store, endMs + days * dayMs);
      const mine = async (): Promise<string> =>
        (await kindsOf(party)).filter((kind) => kind.startsWith("invoice.") && kind !== "invoice.issued").join(", ");
      await at(10);
      expect(await mine()).toBe("");
      await at(11);
      await at(11);
      expect(await mine()).toBe("invoice.reminder");
      await at(14);
      expect([await mine(), await state(invoice)]).toEqual(["invoice.reminder, invoice.overdue", "overdue 100"]);
      expect(await receivableAgeing(store, endMs + 20 * dayMs)).toContainEqual(
        expect.objectContaining({ customer: party.customer, days30Nanos: 100n * coin, notDueNanos: 0n }),
      );
      await at(40); // two were missed: one reminder, the latest
      expect(await mine()).toBe("invoice.reminder, invoice.overdue, invoice.reminder");
      await pay(party, 100n, "p", endMs + 41 * dayMs);
      await at(100);
      expect(await mine()).toBe("invoice.reminder, invoice.overdue, invoice.reminder, invoice.paid");
    });
  });

  describe("tax and documents", () => {
    it("on top at home, reversed in the Union, within prices, and mirrored by the credit note", async () => {
      await changeSeller(store, {
        country: "DE",
        taxId: "DE136695976",
        address: ["1 High Street"],
        terms: "IBAN DE00",
      });
      const home = await shop();
      await changeBillingProfile(store, home.customer, { country: "DE", language: "zh" });
      const union = await shop();
      await changeBillingProfile(store, union.customer, { country: "FR", taxId: "FR 40 303265045" });
      const taxed = await issue(home);
      expect(taxed.lines.at(-1)).toMatchObject({ kind: "tax", amountNanos: 19n * coin, description: "VAT 19 %" });
      expect(taxed).toMatchObject({ totalNanos: 119n * coin, taxNanos: 19n * coin });
      expect(await issue(union)).toMatchObject({ totalNanos: 100n * coin, tax: { treatment: "reverse_charge" } });
      await changeSeller(store, { pricesIncludeTax: true });
      const within = await shop();
      expect(await issue(within)).toMatchObject({ totalNanos: 100n * coin, taxNanos: 16n * coin });
      await give(home, taxed);
      const mirror = (await findEntry(store, "credit_note", taxed.id))!;
      expect(amountOn(mirror, accountOf("taxPayable", home))).toBe(-19n * coin);
      const page = { customer: home.customer, invoice: taxed.id, sellerName: "Your company" } as const;
      const html = (await renderDocument(store, { ...page, format: "html" })).toString();
      for (const words of ["账单", taxed.title, "DE136695976", "IBAN DE00", "VAT 19 %"]) expect(html).toContain(words);
      const pdf = await renderDocument(store, { ...page, format: "pdf", language: "en" });
      expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
      const other = { ...page, customer: union.customer, format: "html" } as const;
      await expect(renderDocument(store, other)).rejects.toMatchObject({ code: "not_found" });
      await changeSeller(store, { country: null, taxId: null, pricesIncludeTax: false });
    });
    it("a draft shows the next invoice, to whom it is for", async () => {
      const party = await shop();
      await use(party, 7);
      const ask = { customer: party.customer, subscription: party.subscription, nowMs: now } as const;
      const html = (await renderDraft(store, { ...ask, format: "html", sellerName: "S" })).toString();
      expect(html).toContain("Draft invoice");
      expect(html).toContain("7 predictions");
      const foreign = { ...ask, customer: (await shop()).customer, format: "html", sellerName: "S" } as const;
      await expect(renderDraft(store, foreign)).rejects.toMatchObject({ code: "not_found" });
    });
    it("an invoice explains itself down to its usage events", async () => {
      const party = await shop();
      await use(party, 7);
      await use(party, 3);
      const invoice = await issue(party);
      const told = await explainInvoice(store, { customer: party.customer, invoice: invoice.id, limit: 1 });
      expect(told).toMatchObject({ eventCount: 2, eventsNanos: 10n * coin });
      expect(told.lines[1]?.steps.map(({ text }) => text)).toEqual(["10 at USD 10.00 per 1,000"]);
      const rest = await explainInvoice(store, {
        customer: party.customer,
        invoice: invoice.id,
        limit: 1,
        after: told.nextCursor ?? "",
      });
      expect([told.events[0]?.quantities, rest.events[0]?.quantities, rest.nextCursor]).toEqual([
        { predictions: 7 },
        { predictions: 3 },
        null,
      ]);
      expect(told.events[0]?.entry).toMatch(/^ent_/);
    });
    it.each([
      ["an unknown country", { country: "XX" }],
      ["a tax id without a country", { taxId: "DE136695976" }],
      ["a wrong tax id", { country: "DE", taxId: "DE1" }],
      ["no mail address", { email: "nobody" }],
      ["seven lines of address", { address: Array.from({ length: 7 }, () => "x") }],
    ])("a profile with %s is refused", async (_story, wrong) => {
      const { customer } = await shop();
      await expect(changeBillingProfile(store, customer, wrong)).rejects.toMatchObject({ code: "invalid_request" });
    });
  });

  describe("webhooks", () => {
    const received: { body: string; signature: string }[] = [];
    let answer = 200;
    const receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        received.push({ body, signature: String(request.headers["millrace-signature"]) });
        response.writeHead(answer).end();
      });
    });
    let url = "";
    beforeAll(async () => {
      await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    });
    afterAll(() => void receiver.close());
    const runner = (nowMs: number, insideToo = true): JobRunner => ({
      store,
      now: () => nowMs,
      owner: "test",
      handlers: webhookJobs({ store, pepper, now: () => nowMs, send: messageSender({ insideToo }) }),
    });
    async function drain(nowMs: number, insideToo?: boolean): Promise<number> {
      let jobs = 0;
      while (await runOneJob(runner(nowMs, insideToo), null)) jobs++;
      return jobs;
    }

    it("tell what was asked for, signed, and again when asked; old and new secrets sign for a day", async () => {
      const party = await shop();
      const { customer } = party;
      const made = await createWebhook(store, { customer, url, kinds: ["invoice.issued"], pepper, nowMs: now });
      const invoice = await issue(party);
      received.length = 0;
      await drain(endMs);
      expect(received).toHaveLength(1);
      const [message] = received;
      expect(JSON.parse(message!.body)).toMatchObject({ kind: "invoice.issued", data: { invoice: invoice.id } });
      const secret = made.secret.reveal();
      const signed = { body: message!.body, header: message!.signature };
      expect(isSigned(signed, secret, endMs)).toBe(true);
      expect(isSigned(signed, secret, endMs + 301_000)).toBe(false); // a replay
      expect(isSigned({ ...signed, body: `${signed.body} ` }, secret, endMs)).toBe(false);
      expect(isSigned(signed, "whsec_other", endMs)).toBe(false);
      const ask = { customer, webhook: made.webhook.id };
      const [delivery] = (await listDeliveries(store, ask)).data;
      const fresh = await rotateWebhookSecret(store, { ...ask, pepper, nowMs: endMs });
      await replayDelivery(store, { ...ask, delivery: delivery!.id, nowMs: endMs });
      await drain(endMs);
      const again = { body: received.at(-1)!.body, header: received.at(-1)!.signature };
      expect([secret, fresh.secret.reveal()].map((each) => isSigned(again, each, endMs))).toEqual([true, true]);
    });
    it("try again with a bound, and say what went wrong", async () => {
      const party = await shop();
      const ask = { customer: party.customer, url, pepper, nowMs: now };
      const { webhook } = await createWebhook(store, { ...ask, kinds: ["payment.received"] });
      await pay(party, 1n, "p");
      answer = 500;
      let nowMs = endMs;
      for (let round = 0; round < 12; round++, nowMs += dayMs) await drain(nowMs);
      answer = 200;
      const [delivery] = (await listDeliveries(store, { customer: party.customer, webhook: webhook.id })).data;
      expect(delivery).toMatchObject({ state: "failed", attempts: 9, status: 500, problem: "HTTP 500" });
    });
    it("never reach an address inside, however it is named", async () => {
      const party = await shop();
      const inside = [url, url.replace("127.0.0.1", "localhost"), "http://[::1]/", "http://169.254.169.254/latest"];
      for (const address of inside)
        await createWebhook(store, {
          customer: party.customer,
          url: address,
          kinds: ["payment.received"],
          pepper,
          nowMs: now,
        });
      await pay(party, 1n, "p");
      received.length = 0;
      await drain(endMs, false);
      expect(received).toEqual([]);
    });
    it.each(["ftp://example.com", "nonsense", "https://user:secret@example.com/"])("%s is refused", async (wrong) => {
      await expect(createWebhook(store, { customer: null, url: wrong, pepper, nowMs: now })).rejects.toMatchObject({
        code: "invalid_request",
      });
    });
  });

  describe("Stripe, by its own library", () => {
    const webhookSecret = "whsec_stripe";
    it("takes signed messages only", async () => {
      const provider = await stripeProvider({
        apiKey: new Secret("sk_test_1"),
        webhookSecret: new Secret(webhookSecret),
      });
      const { customer } = await shop();
      const intent = { id: "pi_1", amount_received: 1_250, currency: "usd", metadata: { millrace_customer: customer } };
      const body = JSON.stringify({
        id: "evt_1",
        object: "event",
        type: "payment_intent.succeeded",
        data: { object: intent },
      });
      const timestamp = Math.floor(now / 1_000);
      const stripe = new Stripe("sk_test_1");
      const signature = stripe.webhooks.generateTestHeaderString({ payload: body, secret: webhookSecret, timestamp });
      expect(provider.readEvent({ body, signature, nowMs: now })).toEqual({
        id: "evt_1",
        kind: "payment_succeeded",
        customer,
        reference: "pi_1",
        amountNanos: 12_500_000_000n,
        currency: "usd",
      });
      for (const wrong of [
        { body, signature: "", nowMs: now },
        { body: body.replace("1250", "9250"), signature, nowMs: now },
        { body, signature, nowMs: now + 301_000 },
      ])
        expect(() => provider.readEvent(wrong)).toThrow(expect.objectContaining({ code: "forbidden" }));
    });
    it("charges with a key that counts once, and a declined card is an answer", async () => {
      const asked: { key: string; form: string }[] = [];
      const server = createServer((request, response) => {
        let form = "";
        request.on("data", (chunk: Buffer) => (form += chunk.toString()));
        request.on("end", () => {
          asked.push({ key: String(request.headers["idempotency-key"]), form });
          const declined = form.includes("amount=666");
          const error = { error: { type: "card_error", code: "card_declined", message: "Your card was declined." } };
          response.writeHead(declined ? 402 : 200, { "content-type": "application/json" });
          response.end(
            JSON.stringify(declined ? error : { id: "pi_7", object: "payment_intent", status: "succeeded" }),
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const host = { name: "127.0.0.1", port: (server.address() as AddressInfo).port, protocol: "http" } as const;
      const keys = { apiKey: new Secret("sk_test_1"), webhookSecret: new Secret(webhookSecret) };
      const provider = await stripeProvider({ ...keys, host });
      const ask = {
        customer: "cus_1",
        externalCustomer: "cus_stripe",
        method: "pm_1",
        amountNanos: 1_250n * coin,
        currency: "usd",
        idempotencyKey: "topup-1",
        description: "Top-up",
      } as const;
      expect(await provider.charge(ask)).toEqual({ state: "succeeded", reference: "pi_7" });
      expect(asked[0]?.key).toBe("topup-1");
      expect(asked[0]?.form).toContain("amount=1250&currency=usd&customer=cus_stripe&payment_method=pm_1");
      expect(await provider.charge({ ...ask, amountNanos: 666n * coin })).toEqual({
        state: "failed",
        problem: "Your card was declined.",
      });
      expect(() => provider.charge({ ...ask, amountNanos: 1n })).toThrow(
        expect.objectContaining({ code: "invalid_request" }),
      );
      server.close();
    });
  });

  it("leaves books that all checks find right", async () => {
    const checks = [...(await verifyLedger(store, now)), ...(await verifySell(store))];
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });
});
