import { afterAll, beforeAll, expect, it } from "vitest";
import { inspect } from "node:util";
import { sql } from "kysely";
import { Secret } from "../kernel/secret.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type NewPlan,
  addRateCard,
  authenticate,
  changeCreditLimit,
  changeDataUse,
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  getCustomer,
  getKey,
  getPlan,
  listCustomers,
  listKeys,
  listPlans,
  listProducts,
  listRateCards,
  listSubscriptions,
  partyFor,
  receivePayment,
  revokeKey,
} from "./index.ts";
import { openShop, pepper } from "./testing/shop.ts";

describeEachEngine("what is sold and to whom", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  it("lists products, plans, customers and subscriptions page by page, newest first", async () => {
    for (let i = 0; i < 3; i++) await openShop(store, { nowMs: now + i });
    const first = await listProducts(store, { limit: 2 });
    const second = await listProducts(store, { limit: 2, before: first.nextCursor ?? "" });
    expect([first.data.length, second.data.length, second.nextCursor]).toEqual([2, 1, null]);
    expect((await listPlans(store, { product: second.data[0]!.id })).data).toHaveLength(1);
    const [customer] = (await listCustomers(store, { limit: 1 })).data;
    expect((await listSubscriptions(store, { customer: customer!.id })).data).toHaveLength(1);
    await expect(listProducts(store, { limit: 101 })).rejects.toMatchObject({ code: "invalid_request" });
  });

  it.each<[string, Partial<NewPlan>, string]>([
    [
      "a price that cannot be charged exactly",
      { components: [{ unit: "predictions", price: { kind: "per_unit", perThousandNanos: 1_500n, freeUnits: 0 } }] },
      "price",
    ],
    ["a negative fee", { feeNanos: -1n }, "fee"],
    ["a negative cap", { spendCapNanos: -1n }, "spend_cap"],
    ["an unknown currency", { currency: "xyz" as "usd" }, "currency"],
    ["no name", { name: "  " }, "name"],
    ["a name too long", { name: "n".repeat(101) }, "name"],
  ])("refuses a plan with %s", async (_story, wrong, param) => {
    const product = await createProduct(store, { name: `Product ${_story}`, endpoint: "e", nowMs: now });
    const price = { kind: "per_unit", perThousandNanos: 1_000n, freeUnits: 0 } as const;
    const plan: NewPlan = {
      product: product.id,
      name: "Plan",
      currency: "usd",
      feeNanos: 0n,
      components: [{ unit: "predictions", price }],
      nowMs: now,
      ...wrong,
    };
    await expect(createPlan(store, plan)).rejects.toMatchObject({ code: "invalid_request", details: { param } });
    expect((await listPlans(store, { product: product.id })).data).toEqual([]);
  });

  it("adds versions to a plan, never in the past, and shows the newest", async () => {
    const { party } = await openShop(store);
    const { plan } = (await listSubscriptions(store, { customer: party.customer })).data[0]!;
    const next = {
      plan,
      feeNanos: 1n,
      components: [],
      nowMs: now,
    };
    await expect(addRateCard(store, { ...next, effectiveAtMs: now - 1 })).rejects.toMatchObject({
      code: "invalid_request",
    });
    await addRateCard(store, { ...next, effectiveAtMs: now + 5 });
    await expect(addRateCard(store, { ...next, effectiveAtMs: now + 5 })).rejects.toMatchObject({ code: "conflict" });
    expect((await getPlan(store, plan)).rateCard).toMatchObject({ version: 2, feeNanos: 1n });
    expect((await listRateCards(store, plan)).map(({ version }) => version)).toEqual([2, 1]);
  });

  it("refuses a subscription without a price in force, in another currency, twice, or in no time zone", async () => {
    const { party } = await openShop(store);
    const { customer } = party;
    const { plan } = (await listSubscriptions(store, { customer })).data[0]!;
    const yen = await createCustomer(store, { name: "Yen", currency: "jpy", terms: { kind: "prepaid" }, nowMs: now });
    const fresh = await createCustomer(store, { name: "New", currency: "usd", terms: { kind: "prepaid" }, nowMs: now });
    const base = { customer: fresh.id, plan, anchorMs: now, timeZone: "UTC", nowMs: now };
    const attempts = [
      createSubscription(store, { ...base, anchorMs: now - 1 }),
      createSubscription(store, { ...base, customer: yen.id }),
      createSubscription(store, { ...base, customer }),
      createSubscription(store, { ...base, timeZone: "Moon/Crater" }),
      createSubscription(store, { ...base, customer: "cus_0" }),
    ];
    const outcomes = await Promise.allSettled(attempts);
    const codes = outcomes.map((outcome) =>
      outcome.status === "rejected" ? (outcome.reason as { code: string }).code : "ok",
    );
    expect(codes).toEqual(["conflict", "conflict", "conflict", "invalid_request", "not_found"]);
    expect((await listSubscriptions(store, { customer: fresh.id })).data).toEqual([]);
  });

  it("shows a key's secret once; nothing stored, printed or listed contains it", async () => {
    const { party } = await openShop(store);
    const { customer } = party;
    const { key, secret } = await createKey(store, { customer, name: "laptop", quotaUnits: 5, pepper, nowMs: now });
    const text = secret.reveal();
    expect(key.lastFour).toBe(text.slice(-4));
    expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect(secret)}`).not.toContain(text);
    const rows = await sql`select * from api_keys`.execute(store.as());
    expect(inspect([rows, await listKeys(store, { customer })], { depth: 9 })).not.toContain(text);
    expect(await authenticate(store, text, pepper)).toMatchObject({
      key: key.id,
      customer,
      quotaUnits: 5,
      dataUse: "none",
    });
  });

  it("refuses unknown, revoked, foreign-pepper and mistyped secrets in the same words", async () => {
    const { party, secret } = await openShop(store);
    await revokeKey(store, { customer: party.customer, key: party.key, nowMs: now });
    const other = await openShop(store);
    const attempts = [secret, "mk_unknown", "", `${other.secret} `, other.secret.toUpperCase()].map((text) =>
      authenticate(store, text, pepper),
    );
    attempts.push(authenticate(store, other.secret, new Secret("another pepper")));
    const messages = (await Promise.allSettled(attempts)).map(
      (outcome) => outcome.status === "rejected" && String(outcome.reason),
    );
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toContain("not valid");
    const { revokedAtMs } = await revokeKey(store, { customer: party.customer, key: party.key, nowMs: now + 9 });
    expect(revokedAtMs).toBe(now);
  });

  it("grants only the products that are subscribed, and shows keys only to their owner", async () => {
    const { party, secret } = await openShop(store);
    const other = await openShop(store);
    const grant = await authenticate(store, secret, pepper);
    expect(grant.entitlements).toHaveLength(1);
    expect(() => partyFor(grant, "other")).toThrow(expect.objectContaining({ code: "not_entitled" }));
    const { customer } = other.party;
    await expect(getKey(store, { customer, key: party.key })).rejects.toMatchObject({ code: "not_found" });
    await expect(revokeKey(store, { customer, key: party.key, nowMs: now })).rejects.toMatchObject({
      code: "not_found",
    });
    await authenticate(store, secret, pepper);
  });

  it("books a payment once per reference, and refuses another amount under the same", async () => {
    const { party } = await openShop(store);
    const payment = { customer: party.customer, amountNanos: 5n, reference: "bank 17", nowMs: now };
    const states = await Promise.all([1, 2, 3].map(async () => (await receivePayment(store, payment)).state));
    expect(states.toSorted()).toEqual(["duplicate", "duplicate", "received"]);
    await expect(receivePayment(store, { ...payment, amountNanos: 6n })).rejects.toMatchObject({ code: "conflict" });
    await expect(receivePayment(store, { ...payment, amountNanos: 0n, reference: "x" })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  it("changes what may be changed of a customer", async () => {
    const terms = { kind: "postpaid", creditLimitNanos: 10n } as const;
    const { id: customer } = await createCustomer(store, { name: "Post", currency: "eur", terms, nowMs: now });
    await changeCreditLimit(store, { customer, creditLimitNanos: 20n });
    expect(await changeDataUse(store, { customer, dataUse: "improve" })).toMatchObject({
      dataUse: "improve",
      terms: "postpaid",
    });
    const { party } = await openShop(store);
    const prepaid = changeCreditLimit(store, { customer: party.customer, creditLimitNanos: 20n });
    await expect(prepaid).rejects.toMatchObject({ code: "conflict" });
    await expect(getCustomer(store, "cus_none")).rejects.toMatchObject({ code: "not_found" });
  });
});
