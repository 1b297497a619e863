import { afterAll, beforeAll, expect, it } from "vitest";
import { attributeCustomer, createPartner, listAttributions } from "../channel/index.ts";
import type { Id } from "../kernel/ids.ts";
import { createCustomer, receivePayment, settleUnit } from "../sell/index.ts";
import { openShop, predictionOf } from "../sell/testing/shop.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { funnelOf } from "./index.ts";

const coin = 10_000_000n;

describeEachEngine("the funnel of a partner", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let nowMs = testEpochMs;
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());

  const partner = async (name: string): Promise<Id<"partner">> =>
    (await createPartner(store, { name, channel: "referral", commissionBasisPoints: 1, nowMs })).id;
  const bring = (of: Id<"partner">, customer: Id<"customer">): Promise<unknown> =>
    attributeCustomer(store, { customer, partner: of, reason: `Met at stand ${nowMs}`, nowMs: nowMs++ });
  const shop = async (offer: { readonly paid: bigint; readonly calls: boolean }): Promise<Id<"customer">> => {
    const terms = { kind: "postpaid", creditLimitNanos: 100n * coin } as const;
    const { party } = await openShop(store, { terms, nowMs: nowMs++ });
    const { customer } = party;
    if (offer.paid > 0n)
      await receivePayment(store, { customer, amountNanos: offer.paid, reference: "a transfer", nowMs });
    if (offer.calls) {
      const use = { party, hold: null, prediction: predictionOf(nowMs), quantities: { predictions: 1 }, costNanos: 0n };
      await store.run(settleUnit, { ...use, model: null, release: null, atMs: nowMs, nowMs });
    }
    return customer;
  };

  it("counts at each step who has taken all before it, and nobody of another partner", async () => {
    const [mine, other, none] = [await partner("mine"), await partner("other"), await partner("none")];
    const terms = { kind: "prepaid" } as const;
    const idle = await createCustomer(store, { name: "idle", currency: "usd", terms, nowMs });
    await receivePayment(store, { customer: idle.id, amountNanos: coin, reference: "paid, on no plan", nowMs });
    await bring(mine, idle.id);
    await bring(mine, await shop({ paid: 0n, calls: false }));
    await bring(mine, await shop({ paid: coin, calls: false }));
    await bring(mine, await shop({ paid: 0n, calls: true }));
    await bring(mine, await shop({ paid: coin, calls: true }));
    await bring(other, await shop({ paid: coin, calls: true }));
    expect(await funnelOf(store, mine)).toEqual({ introduced: 5, subscribed: 4, calling: 2, paying: 1 });
    expect(await funnelOf(store, other)).toEqual({ introduced: 1, subscribed: 1, calling: 1, paying: 1 });
    expect(await funnelOf(store, none)).toEqual({ introduced: 0, subscribed: 0, calling: 0, paying: 0 });
  });

  it("stands on attributions, which are listed with both names, newest first", async () => {
    const all = await listAttributions(store, { limit: 4 });
    expect(all.data.map(({ partnerName }) => partnerName)).toEqual(["other", "mine", "mine", "mine"]);
    const rest = await listAttributions(store, { limit: 4, before: all.nextCursor ?? "" });
    expect(rest.data.map(({ customerName }) => customerName).at(-1)).toBe("idle");
    expect(rest.nextCursor).toBeNull();
    const [of] = all.data;
    const own = await listAttributions(store, { partner: of?.partner });
    expect(own.data.map(({ reason }) => reason)).toEqual([of?.reason]);
  });
});
