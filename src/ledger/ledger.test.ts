import fc from "fast-check";
import { sql as kysely } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../kernel/errors.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import { type Steps, type Store, query, sql } from "../store/index.ts";
import { describeEachEngine, testEpochMs as now } from "../store/testing/engines.ts";
import {
  type AccountRef,
  type Balance,
  type NewEntry,
  type NewHold,
  balanceOf,
  expireHolds,
  findEntry,
  getEntry,
  openAccounts,
  openLimitedAccount,
  placeHold,
  postEntry,
  rebuildBalances,
  releaseHold,
  setCreditLimit,
  takeHold,
  verifyLedger,
} from "./index.ts";
import { totalsByDimensions } from "./testing/totals.ts";

describeEachEngine("the ledger", (stores) => {
  let store: Store;
  let dispose: () => Promise<void>;
  let owner = "cus_0";
  beforeAll(async () => void ({ store, dispose } = await stores.open()));
  afterAll(() => dispose());
  beforeEach(() => openBook()); // every test has accounts of its own

  async function openBook(): Promise<void> {
    owner = `cus_${Number(owner.slice(4)) + 1}`;
    await store.perform(openLimitedAccount({ account: account("customer"), creditLimitNanos: 0n }));
    await store.perform(openAccounts([account("usage_revenue"), account("cash"), account("cash", "eur")]));
  }
  const account = (kind: string, currency: Currency = "usd"): AccountRef => ({ kind, owner, currency });
  /** `{ customer: -5n, "cash/eur": 5n }` */
  type Amounts = Readonly<Record<string, Nanos>>;
  const entry = (amounts: Amounts, more: Partial<NewEntry> = {}): NewEntry => ({
    kind: "usage",
    cause: `${owner}/1`,
    atMs: now,
    nowMs: now,
    postings: Object.entries(amounts).map(([name, amountNanos]) => {
      const [kind = "", currency = "usd"] = name.split("/");
      return { account: account(kind, currency as Currency), amountNanos };
    }),
    ...more,
  });
  const hold = (amountNanos: Nanos, name: string, expiresAtMs = now + 1_000): NewHold => ({
    account: account("customer"),
    amountNanos,
    owner: `${owner}/${name}`,
    detail: "",
    expiresAtMs,
    nowMs: now,
  });
  const payIn = (nanos: Nanos, name = "first"): Promise<unknown> => {
    const cause = `${owner}/${name}`;
    return store.perform(postEntry(entry({ customer: nanos, cash: -nanos }, { kind: "payment", cause })));
  };
  const wallet = (): Promise<Balance> => balanceOf(store, account("customer"));

  describe("an entry", () => {
    it("moves balances by its postings and is posted once per kind and cause", async () => {
      const posted = await payIn(100n);
      expect(posted).toMatchObject({ state: "posted" });
      expect(await payIn(100n)).toEqual({ ...(posted as object), state: "duplicate" });
      await payIn(5n, "second");
      expect(await wallet()).toMatchObject({ balanceNanos: 105n, availableNanos: 105n });
      expect(await balanceOf(store, account("cash"))).toMatchObject({ balanceNanos: -105n, creditLimitNanos: null });
    });

    it.each<[string, Amounts]>([
      ["does not sum to zero", { customer: 5n, cash: -4n }],
      ["sums to zero only across currencies", { customer: 5n, "cash/eur": -5n }],
      ["has one posting", { cash: 0n }],
      ["has a posting of nothing", { cash: 5n, usage_revenue: -5n, customer: 0n }],
    ])("is a bug when it %s", async (_story, wrong) => {
      await expect(store.perform(postEntry(entry(wrong)))).rejects.toThrow(/Invariant broken/);
      expect(await findEntry(store, "usage", `${owner}/1`)).toBeUndefined();
    });

    it("that would overdraw a limited account breaks a rule of the database, and leaves nothing", async () => {
      await payIn(10n);
      const tooMuch = store.perform(postEntry(entry({ customer: -11n, usage_revenue: 11n })));
      await expect(tooMuch).rejects.toMatchObject({ failure: "constraint" });
      expect(await findEntry(store, "usage", `${owner}/1`)).toBeUndefined();
      expect(await wallet()).toMatchObject({ balanceNanos: 10n });
    });

    it("needs its accounts to be open", async () => {
      const lost = store.perform(postEntry(entry({ nowhere: -1n, cash: 1n })));
      await expect(lost).rejects.toMatchObject({ failure: "constraint" });
    });

    it("carries dimensions, its own or its postings', that totals can be grouped by", async () => {
      await payIn(100n);
      const about = { product: "prod_1", model: "mdl_1", customer: owner };
      await store.perform(postEntry(entry({ customer: -7n, usage_revenue: 7n }, { dimensions: about })));
      const postings = [
        { account: account("customer"), amountNanos: -3n },
        { account: account("usage_revenue"), amountNanos: 1n, dimensions: { model: "mdl_1" } },
        { account: account("usage_revenue"), amountNanos: 2n, dimensions: { model: "mdl_2", partner: "par_1" } },
      ];
      const { entry: id } = await store.perform(
        postEntry({ ...entry({}), cause: `${owner}/2`, dimensions: about, postings }),
      );
      const totals = await totalsByDimensions(store, {
        kinds: ["usage_revenue"],
        fromMs: now,
        toMs: now + 1,
        customer: owner,
      });
      expect(totals).toEqual([
        { kind: "usage_revenue", currency: "usd", ...about, release: null, partner: null, amountNanos: 8n },
        {
          kind: "usage_revenue",
          currency: "usd",
          ...about,
          model: "mdl_2",
          release: null,
          partner: "par_1",
          amountNanos: 2n,
        },
      ]);
      expect(await totalsByDimensions(store, { kinds: ["usage_revenue"], fromMs: now + 1, toMs: now + 9 })).toEqual([]);
      expect((await getEntry(store, id)).postings).toHaveLength(3);
    });
  });

  describe("a hold", () => {
    it("sets an amount aside until it is given back, whoever ends it first", async () => {
      await payIn(10n);
      const { hold: placed } = await store.perform(placeHold(hold(6n, "a")));
      expect(await wallet()).toMatchObject({ balanceNanos: 10n, heldNanos: 6n, availableNanos: 4n });
      expect(await store.perform(releaseHold(placed.id, now))).toMatchObject({ amountNanos: 6n });
      expect(await store.perform(releaseHold(placed.id, now))).toBeUndefined();
      expect(await store.perform(takeHold(placed.id, now))).toBeUndefined();
      expect(await wallet()).toMatchObject({ availableNanos: 10n });
    });

    it("is given back as its entry is posted", async () => {
      await payIn(10n);
      const { hold: placed } = await store.perform(placeHold(hold(10n, "a")));
      await store.perform(
        (function* () {
          const giveBack = yield* takeHold(placed.id, now);
          yield* postEntry({
            ...entry({ customer: -4n, usage_revenue: 4n }),
            ...(giveBack && { giveBack }),
          });
        })(),
      );
      expect(await wallet()).toMatchObject({ balanceNanos: 6n, heldNanos: 0n });
    });

    it("is refused beyond what is available, and counts the credit limit", async () => {
      await payIn(10n);
      await expect(store.perform(placeHold(hold(11n, "a")))).rejects.toMatchObject({ code: "insufficient_credit" });
      await store.perform(setCreditLimit({ account: account("customer"), creditLimitNanos: 1n }));
      await store.perform(placeHold(hold(11n, "a")));
      const lower = store.perform(setCreditLimit({ account: account("customer"), creditLimitNanos: 0n }));
      await expect(lower).rejects.toMatchObject({ code: "conflict" });
    });

    it("may be of nothing, on an empty account, and stands once per owner", async () => {
      const { hold: first } = await store.perform(placeHold(hold(0n, "a")));
      await payIn(10n);
      const again = await store.perform(placeHold(hold(3n, "a")));
      expect(again).toMatchObject({ state: "duplicate", hold: { id: first.id, amountNanos: 0n } });
      expect(await wallet()).toMatchObject({ heldNanos: 0n });
      await store.perform(releaseHold(first.id, now));
      expect(await store.perform(placeHold(hold(3n, "a")))).toMatchObject({ state: "placed" });
    });

    it("does not outlive its expiry, and the sweeper tells of each once", async () => {
      await payIn(10n);
      for (const [i, owner] of ["a", "b", "c"].entries())
        await store.perform(placeHold(hold(2n, owner, now + 10 * (i + 1))));
      const told: string[] = [];
      const sweep = (nowMs: number, most = 10): Promise<number> =>
        store.perform(
          expireHolds({ nowMs, most }, function* (ended): Steps<void> {
            told.push(ended.id);
            yield* query(sql`select 1 as told`);
          }),
        );
      expect(await sweep(now + 9)).toBe(0);
      expect(await sweep(now + 20, 1)).toBe(1);
      expect(await sweep(now + 20)).toBe(1);
      expect(await sweep(now + 20)).toBe(0);
      expect(new Set(told).size).toBe(2);
      expect(await wallet()).toMatchObject({ heldNanos: 2n });
    });
  });

  describe("the checks", () => {
    const shared = { store: undefined as Store | undefined, dispose: (): Promise<void> => Promise.resolve() };
    beforeEach(async () => {
      [shared.store, shared.dispose] = [store, dispose];
      ({ store, dispose } = await stores.open());
      await openBook();
    });
    afterEach(async () => {
      await dispose();
      if (shared.store) [store, dispose] = [shared.store, shared.dispose];
    });
    const named = async (): Promise<Record<string, [number, number]>> => {
      const checks = await verifyLedger(store, now + 5_000);
      return Object.fromEntries(checks.map(({ name, looked, problemCount }) => [name, [looked, problemCount]]));
    };

    it("say when they looked at nothing", async () => {
      expect((await named())["every entry sums to zero"]).toEqual([0, 0]);
    });

    it("find what was tampered with, and a rebuild repairs the projections", async () => {
      await payIn(10n);
      await payIn(10n, "second");
      await store.perform(placeHold(hold(2n, "a")));
      const before = await wallet();
      await store.perform(
        query(
          sql`update ledger_accounts set balance_nanos = 19, held_nanos = 1 where kind = 'customer' and currency = 'usd'`,
        ),
      );
      expect(await named()).toMatchObject({
        "every entry sums to zero": [2, 0],
        "balances equal their postings": [4, 1],
        "held amounts equal open holds": [4, 1],
        "no hold outlives its expiry": [1, 1],
      });
      expect(await store.perform(rebuildBalances())).toBe(1);
      expect(await wallet()).toEqual(before);
      await store.perform(query(sql`update ledger_postings set amount_nanos = amount_nanos + 1 where position = 1`));
      expect(await named()).toMatchObject({
        "every entry sums to zero": [2, 2],
        "balances equal their postings": [4, 1],
      });
      const [id] = (await kysely<{ id: "ent_1" }>`select id from ledger_entries`.execute(store.as())).rows;
      await expect(getEntry(store, id?.id ?? "ent_1")).rejects.toThrow(/sums to zero in usd, not 1/);
    });
  });

  it("keeps its laws under random concurrent operations", async () => {
    const operations = fc.array(
      fc.record({
        kind: fc.constantFrom("pay", "hold", "take", "release"),
        n: fc.nat({ max: 9 }),
        nanos: fc.bigInt({ min: 1n, max: 50n }),
      }),
      { minLength: 60, maxLength: 60, size: "max" },
    );
    const [list] = fc.sample(operations, { numRuns: 1, seed: 5 });
    const placed: Awaited<ReturnType<typeof place>>[] = [];
    const place = (n: number, nanos: Nanos) => store.perform(placeHold(hold(nanos, `owner ${n}`)));
    const settle = function* (id: Parameters<typeof takeHold>[0]) {
      const giveBack = yield* takeHold(id, now);
      if (!giveBack || giveBack.amountNanos === 0n) return;
      const amountNanos = giveBack.amountNanos;
      yield* postEntry({
        ...entry({ customer: -amountNanos, usage_revenue: amountNanos }),
        cause: id,
        giveBack,
      });
    };
    const work = list!.map(async ({ kind, n, nanos }, i) => {
      if (kind === "pay") return payIn(nanos, `payment ${i % 20}`);
      if (kind === "hold") return void placed.push(await place(n, nanos));
      const found = placed[n % Math.max(placed.length, 1)];
      if (!found) return undefined;
      return kind === "take" ? store.perform(settle(found.hold.id)) : store.perform(releaseHold(found.hold.id, now));
    });
    const outcomes = await Promise.allSettled(work);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Refusal] : []));
    expect(refusals.filter((refusal) => refusal.code !== "insufficient_credit")).toEqual([]);
    const checks = await verifyLedger(store, now);
    expect(checks.flatMap((check) => check.problems)).toEqual([]);
    expect(checks.every((check) => check.looked > 0)).toBe(true);
  });
});
