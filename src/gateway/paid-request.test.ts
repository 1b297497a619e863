import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { manualClock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { Secret } from "../kernel/secret.ts";
import { balanceOfCustomer, revokeKey } from "../sell/index.ts";
import {
  type Prediction,
  deployRelease,
  getPrediction,
  labelOf,
  listPredictions,
  listPredictionsOfAnyCustomer,
} from "../serve/index.ts";
import { openStore } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type Answered, type PredictionRequest, handlePrediction, openGateway, verifyServing } from "./index.ts";
import { type Market, endpoint, openMarket, pepper, priceNanos } from "./testing/market.ts";

type Ask = Pick<PredictionRequest, "secret"> & Partial<PredictionRequest>;

describeEachEngine("the paid request", (stores) => {
  let market: Market;
  let provenBefore = 0;
  beforeAll(async () => {
    market = await openMarket(stores);
  });
  afterAll(() => market.close());
  beforeEach(async () => {
    market.models.set(market.champion, { word: "win" });
    market.heard.length = 0;
    provenBefore = 0;
    provenBefore = await proven();
  });
  /** The champion answers nothing before `open()`. */
  const gateTheModel = (): { open: () => void } => {
    let open = (): void => {};
    market.models.set(market.champion, { word: "win", until: new Promise<void>((resolve) => (open = resolve)) });
    return { open };
  };
  const inTheModel = (requests: number): Promise<unknown> =>
    vi.waitUntil(() => market.serving.stats().waiting === requests, { interval: 1 });
  /** For tests that change the endpoint or end the process. */
  const inOwnMarket = async (test: () => Promise<void>): Promise<void> => {
    const shared = market;
    market = await openMarket(stores);
    provenBefore = 0;
    try {
      await test();
    } finally {
      await market.close();
      market = shared;
    }
  };

  const ask = (request: Ask): Promise<Answered> =>
    handlePrediction(market.gateway, { endpoint, input: "win a car", requestId: "req_1", ...request });
  const codeOf = async (request: Promise<unknown>): Promise<string> => {
    const told = await request.then(
      () => "answered",
      (error: unknown) => error,
    );
    return told instanceof Refusal ? told.code : String(told);
  };
  /** What `doctor` says: nothing wrong; and how many predictions it looked at, without those of earlier tests. */
  const proven = async (): Promise<number> => {
    const checks = await verifyServing(market.store);
    expect(checks.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`))).toEqual([]);
    return (checks[0]?.looked ?? -1) - provenBefore;
  };
  const heldNanos = async (customer: Parameters<typeof balanceOfCustomer>[1]): Promise<bigint> =>
    (await balanceOfCustomer(market.store, customer)).heldNanos;

  describe("that is paid for", () => {
    it("is answered, recorded, billed once and leaves no hold", async () => {
      const { secret, customer, key } = await market.join({ credit: 1_000_000_000n });
      const { answer, replayed } = await ask({ secret });
      expect(replayed).toBe(false);
      expect(answer).toMatchObject({
        endpoint,
        model: market.champion,
        output: { label: "spam", probability: 0.75, probabilities: { ham: 0.25, spam: 0.75 } },
        usage: { quantities: { predictions: 1 }, amountNanos: priceNanos, currency: "usd" },
        createdAtMs: market.clock.now(),
      });
      expect(await getPrediction(market.store, { customer, id: answer.id })).toMatchObject({
        key,
        request: "req_1",
        costNanos: 1_000n, // 1 ms at 3.60 an hour
        shadowOf: null,
      });
      expect(await balanceOfCustomer(market.store, customer)).toMatchObject({
        balanceNanos: 1_000_000_000n - priceNanos,
        heldNanos: 0n,
      });
      expect(await proven()).toBe(1);
      expect(market.heard).toEqual([`${endpoint} answered`]);
    });

    it("keeps the text only with the customer's consent", async () => {
      const [silent, open] = [await market.join(), await market.join({ dataUse: "improve" })];
      const texts: Record<string, string | null> = {};
      for (const { secret, customer } of [silent, open]) {
        const { answer } = await ask({ secret, input: "a private matter" });
        texts[customer] = (await getPrediction(market.store, { customer, id: answer.id })).inputText;
      }
      expect(texts).toEqual({ [silent.customer]: null, [open.customer]: "a private matter" });
    });

    it("is nobody else's: another customer does not find it", async () => {
      const [mine, other] = [await market.join(), await market.join()];
      const { answer } = await ask({ secret: mine.secret });
      expect(await codeOf(getPrediction(market.store, { customer: other.customer, id: answer.id }))).toBe("not_found");
      expect(await listPredictions(market.store, { customer: other.customer, limit: 10 })).toEqual([]);
      expect(await listPredictions(market.store, { customer: mine.customer, limit: 10 })).toHaveLength(1);
    });
  });

  describe("that must not work", () => {
    it("is refused for its reason, and nothing is recorded, held or computed", async () => {
      const rich = await market.join();
      const poor = await market.join({ credit: priceNanos - 1n });
      const stranger = await market.join({ subscribed: false });
      const spent = await market.join({ quotaUnits: 1 });
      const revoked = await market.join();
      await revokeKey(market.store, { customer: revoked.customer, key: revoked.key, nowMs: market.clock.now() });
      await ask({ secret: spent.secret });
      await ask({ secret: rich.secret, idempotencyKey: "used" });
      const computed = market.serving.stats().inferences;
      const { secret } = rich;
      const rows: readonly [string, Ask, string][] = [
        ["a key that never was", { secret: new Secret("mk_guess") }, "invalid_key"],
        ["an empty key", { secret: new Secret("") }, "invalid_key"],
        ["a revoked key", { secret: revoked.secret }, "invalid_key"],
        ["a key over its quota", { secret: spent.secret }, "quota_exceeded"],
        ["a customer without credit", { secret: poor.secret }, "insufficient_credit"],
        ["a customer without a subscription", { secret: stranger.secret }, "not_entitled"],
        ["an endpoint that the customer did not buy", { secret, endpoint: "face-finder" }, "not_entitled"],
        ["an input that is too long", { secret, input: "x".repeat(limits.predictionInputCharsMax + 1) }, "too_large"],
        ["an empty input", { secret, input: "" }, "invalid_request"],
        ["an input with a NUL character", { secret, input: "a\0b" }, "invalid_request"],
        ["an input with half a surrogate pair", { secret, input: "a\ud800b" }, "invalid_request"],
        ["an Idempotency-Key that is too long", { secret, idempotencyKey: "k".repeat(256) }, "invalid_request"],
        [
          "an Idempotency-Key with another body",
          { secret, idempotencyKey: "used", input: "else" },
          "idempotency_mismatch",
        ],
        ["a caller who has left", { secret, signal: AbortSignal.abort() }, "cancelled"],
      ];
      const outcomes: [string, string][] = [];
      for (const [story, request] of rows) outcomes.push([story, await codeOf(ask(request))]);
      expect(outcomes).toEqual(rows.map(([story, , code]) => [story, code]));
      expect(market.serving.stats().inferences).toBe(computed);
      for (const { customer } of [rich, poor, spent]) expect(await heldNanos(customer)).toBe(0n);
      expect(await proven()).toBe(2);
    });

    it("tells a guesser nothing: unknown and revoked keys get the same words", async () => {
      const { secret, customer, key } = await market.join();
      await revokeKey(market.store, { customer, key, nowMs: market.clock.now() });
      const told = await Promise.all(
        [secret, new Secret("mk_guess")].map((each) =>
          ask({ secret: each }).catch((error: unknown) => (error as Refusal).message),
        ),
      );
      expect(told[0]).toBe(told[1]);
      expect(market.heard).toEqual(["- invalid_key", "- invalid_key"]);
    });

    it("includes the next call of a key that was revoked while its grant was cached", async () => {
      const { secret, customer, key } = await market.join();
      await ask({ secret });
      await revokeKey(market.store, { customer, key, nowMs: market.clock.now() });
      expect(await codeOf(ask({ secret }))).toBe("invalid_key");
      market.clock.advance(limits.grantCacheMs);
      expect(await codeOf(ask({ secret }))).toBe("invalid_key");
      expect(await heldNanos(customer)).toBe(0n);
    });
  });

  describe("many at once", () => {
    it("never pass a quota: of 20 with 5 units left, 5 are answered", async () => {
      const { secret } = await market.join({ quotaUnits: 5 });
      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(ask({ secret }))));
      expect(codes.filter((code) => code === "answered")).toHaveLength(5);
      expect(codes.filter((code) => code === "quota_exceeded")).toHaveLength(15);
      expect(await proven()).toBe(5);
    });

    it("never spend more than there is: of 20 with money for 7, 7 are answered", async () => {
      const { secret, customer } = await market.join({ credit: priceNanos * 7n + 1n });
      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(ask({ secret }))));
      expect(codes.filter((code) => code === "answered")).toHaveLength(7);
      expect(await balanceOfCustomer(market.store, customer)).toMatchObject({
        balanceNanos: 1n,
        heldNanos: 0n,
        dueNanos: 0n,
      });
      expect(await proven()).toBe(7);
    });
  });

  describe("with an Idempotency-Key", () => {
    it("sent 20 times at once is one prediction, one usage event and 20 equal answers", async () => {
      const { secret, customer } = await market.join();
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ secret, idempotencyKey: "once" })));
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      for (const { answer } of answers) expect(answer).toEqual(answers[0]?.answer);
      expect(await balanceOfCustomer(market.store, customer)).toMatchObject({
        balanceNanos: 1_000_000_000n - priceNanos,
      });
      expect(await proven()).toBe(1);
    });

    it("sent 20 times at once to two processes: one prediction; the others get its answer or are told to come back", async () => {
      const { secret } = await market.join();
      const second = openGateway({ ...market.gateway.deps });
      const both = [market.gateway, second];
      const request = { secret, endpoint, input: "win", idempotencyKey: "once", requestId: "req_1" };
      const codes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => codeOf(handlePrediction(both[i % 2] ?? second, request))),
      );
      expect(codes.every((code) => code === "answered" || code === "conflict")).toBe(true);
      expect(codes).toContain("answered");
      expect(await codeOf(handlePrediction(second, request))).toBe("answered");
      expect(await proven()).toBe(1);
    });

    it("gives the first answer for ever, also when the money is gone and another model answers now", () =>
      inOwnMarket(async () => {
        const { secret } = await market.join({ credit: priceNanos });
        const first = await ask({ secret, idempotencyKey: "a" });
        const model = newId("model", market.clock.now());
        market.models.set(model, { word: "nothing" });
        await market.store.run(deployRelease, { endpoint, model, role: "champion", nowMs: market.clock.now() });
        market.serving.forget(endpoint);
        market.clock.advance(limits.idempotencyKeptMs);
        expect(await ask({ secret, idempotencyKey: "a" })).toEqual({ answer: first.answer, replayed: true });
        expect(await codeOf(ask({ secret, idempotencyKey: "b" }))).toBe("insufficient_credit");
      }));

    it("belongs to its customer: another's same key is another request", async () => {
      const [one, two] = [await market.join(), await market.join()];
      const answers = await Promise.all([one, two].map(({ secret }) => ask({ secret, idempotencyKey: "same" })));
      expect(answers.map(({ replayed }) => replayed)).toEqual([false, false]);
      expect(await proven()).toBe(2);
    });

    it("taken over from a process that stalled past its hold, which then goes on: one prediction, one answer", async () => {
      const { secret, customer } = await market.join();
      const stalled = openGateway({ ...market.gateway.deps, clock: manualClock(market.clock.now()) });
      const gate = gateTheModel();
      const request = { secret, endpoint, input: "win", idempotencyKey: "slow", requestId: "req_1" };
      const first = handlePrediction(stalled, request);
      await inTheModel(1);
      market.clock.advance(limits.holdTtlMs);
      expect(await market.gateway.sweep(market.clock.now())).toBe(1);
      const second = handlePrediction(market.gateway, request);
      await inTheModel(2);
      gate.open();
      expect((await first).answer).toEqual((await second).answer);
      expect(await balanceOfCustomer(market.store, customer)).toMatchObject({
        balanceNanos: 1_000_000_000n - priceNanos,
        heldNanos: 0n,
      });
      expect(await proven()).toBe(1);
    });

    it("can be tried again after a failure", async () => {
      const { secret } = await market.join();
      market.models.set(market.champion, { word: "win", failsOn: "poison" });
      await expect(ask({ secret, input: "poison", idempotencyKey: "k" })).rejects.toThrow("cannot read that");
      market.models.set(market.champion, { word: "win" });
      market.serving.forget();
      expect(await codeOf(ask({ secret, input: "win", idempotencyKey: "k" }))).toBe("answered");
    });

    it("does not fail with its first caller's departure: the one who stayed is answered", async () => {
      const { secret } = await market.join();
      const gate = gateTheModel();
      const busy = ask({ secret });
      await inTheModel(1);
      const leaving = new AbortController();
      const first = codeOf(ask({ secret, idempotencyKey: "k", signal: leaving.signal }));
      const second = ask({ secret, idempotencyKey: "k" });
      await inTheModel(2);
      leaving.abort();
      gate.open();
      await busy;
      expect(await first).toBe("cancelled");
      expect((await second).replayed).toBe(false);
      expect(await proven()).toBe(2);
    });
  });

  describe("that fails after its hold", () => {
    it("because the model fails gives the hold back, and the next one is answered", async () => {
      const { secret, customer } = await market.join({ credit: priceNanos });
      market.models.set(market.champion, { word: "win", failsOn: "poison" });
      await expect(ask({ secret, input: "poison" })).rejects.toThrow("cannot read that");
      expect(await heldNanos(customer)).toBe(0n);
      expect(await proven()).toBe(0);
      expect(await codeOf(ask({ secret }))).toBe("answered");
      expect(market.heard).toEqual([`${endpoint} failed`, `${endpoint} answered`]);
    });

    it("because the caller leaves while it waits for the model gives the hold back", async () => {
      const { secret, customer } = await market.join();
      const gate = gateTheModel();
      const leaving = new AbortController();
      const first = ask({ secret });
      await inTheModel(1);
      const second = codeOf(ask({ secret, signal: leaving.signal }));
      await inTheModel(2);
      leaving.abort();
      gate.open();
      await first;
      expect(await second).toBe("cancelled");
      expect(await heldNanos(customer)).toBe(0n);
      expect(await proven()).toBe(1);
    });

    it("because its time ran out is not billed", async () => {
      const { secret, customer } = await market.join();
      const gate = gateTheModel();
      const late = codeOf(ask({ secret }));
      await inTheModel(1);
      market.clock.advance(limits.holdTtlMs);
      gate.open();
      expect(await late).toBe("unavailable");
      expect(await heldNanos(customer)).toBe(0n);
      expect(await proven()).toBe(0);
    });

    it("because the process dies leaves a hold, which ends by itself and is swept", () =>
      inOwnMarket(async () => {
        const { secret, customer } = await market.join({ credit: priceNanos });
        const gate = gateTheModel();
        const dying = codeOf(ask({ secret }));
        await inTheModel(1);
        await market.die();
        gate.open();
        expect(await dying).toMatch(/unavailable|Error/);
        const store = await openStore({ folder: market.folder, databaseUrl: market.url, clock: market.clock });
        const gateway = openGateway({ ...market.gateway.deps, store });
        try {
          const again = { secret, endpoint, input: "win", requestId: "req_2" };
          expect(await codeOf(handlePrediction(gateway, again))).toBe("insufficient_credit");
          expect(await gateway.sweep(market.clock.now())).toBe(0);
          market.clock.advance(limits.holdTtlMs + 1);
          expect(await gateway.sweep(market.clock.now())).toBe(1);
          expect(await gateway.sweep(market.clock.now())).toBe(0);
          expect((await balanceOfCustomer(store, customer)).heldNanos).toBe(0n);
          expect((await verifyServing(store))[0]).toMatchObject({ looked: 0, problems: [] });
        } finally {
          await store.close();
        }
      }));
  });

  describe("with a shadow", () => {
    it("is answered and billed once; the shadow's prediction is marked, and hidden from the customer", () =>
      inOwnMarket(async () => {
        const { secret, customer } = await market.join({ dataUse: "improve" });
        const model = newId("model", market.clock.now());
        market.models.set(model, { word: "nothing" });
        await market.store.run(deployRelease, { endpoint, model, role: "shadow", share: 1, nowMs: market.clock.now() });
        const { answer } = await ask({ secret, idempotencyKey: "k" });
        await market.gateway.close();
        const all = await listPredictionsOfAnyCustomer(market.store, { limit: 10 });
        const shadow = all.find(({ shadowOf }) => shadowOf !== null) as Prediction;
        expect(shadow).toMatchObject({ model, shadowOf: answer.id, inputText: null, output: { label: "ham" } });
        expect(labelOf(answer.output)).toBe("spam");
        expect((await listPredictions(market.store, { customer, limit: 10 })).map(({ id }) => id)).toEqual([answer.id]);
        expect(await codeOf(getPrediction(market.store, { customer, id: shadow.id }))).toBe("not_found");
        expect(await balanceOfCustomer(market.store, customer)).toMatchObject({
          balanceNanos: 1_000_000_000n - priceNanos,
        });
        expect(market.heard).toEqual([`${endpoint} answered`, "shadow recorded"]);
        expect(await proven()).toBe(1);
      }));

    it("that fails changes nothing for the customer", () =>
      inOwnMarket(async () => {
        const { secret } = await market.join();
        const model = newId("model", market.clock.now());
        market.models.set(model, { word: "win", failsOn: "poison" });
        await market.store.run(deployRelease, { endpoint, model, role: "shadow", share: 1, nowMs: market.clock.now() });
        expect(await codeOf(ask({ secret, input: "poison" }))).toBe("answered");
        await market.gateway.close();
        expect(market.heard).toEqual([`${endpoint} answered`, "shadow failed"]);
        expect(await proven()).toBe(1);
      }));
  });

  it("answers through pepper and key, not through the text of a key in the table", async () => {
    const { secret } = await market.join();
    const elsewhere = openGateway({ ...market.gateway.deps, pepper: new Secret(`${pepper.reveal()}.`) });
    const request = { secret, endpoint, input: "win", requestId: "req_1" };
    expect(await codeOf(handlePrediction(elsewhere, request))).toBe("invalid_key");
  });
});
