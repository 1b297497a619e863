import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { Secret } from "../kernel/secret.ts";
import { describeEachEngine, testEpochMs } from "../store/testing/engines.ts";
import { isPrivateAddress, parseBaseUrl } from "./address.ts";
import { changeUpstream, createUpstream, getUpstream, listUpstreams } from "./definition.ts";
import { addUpstreamModel, getUpstreamModel } from "./model.ts";
import { addUpstreamRateCard, cardAt, costOf, listUpstreamRateCards } from "./rate-card.ts";
import { getRoute, removeRoute, setRoute } from "./route.ts";
import { openSecret, sealSecret } from "./secret-box.ts";
import { addStubUpstream, upstreamPepper, upstreamSecret } from "./testing/fixture.ts";

const pepper = upstreamPepper;
const nowMs = testEpochMs;

describe("where an upstream may be", () => {
  it.each([
    ["https://api.example.com/v1/", false, "https://api.example.com/v1"],
    ["https://api.example.com", false, "https://api.example.com"],
    ["http://127.0.0.1:8000/v1", true, "http://127.0.0.1:8000/v1"],
    ["http://[::1]:8000", true, "http://[::1]:8000"],
    ["https://8.8.8.8/v1", false, "https://8.8.8.8/v1"],
  ])("%s, private %s", (text, allowPrivate, url) => expect(parseBaseUrl(text, allowPrivate)).toBe(url));
  it.each([
    ["not a URL", true],
    ["ftp://example.com", true],
    ["file:///etc/passwd", true],
    ["https://user:pass@example.com/v1", true],
    ["https://example.com/v1?x=1", true],
    ["https://example.com/v1#x", true],
    ["http://api.example.com/v1", false], // its secret in clear text
    ["https://127.0.0.1/v1", false],
    ["https://2130706433/v1", false], // the same, as one number
    ["https://0x7f.1/v1", false],
    ["https://[::1]/v1", false],
    ["https://[::ffff:10.0.0.1]/v1", false],
    ["https://169.254.169.254/latest/meta-data", false],
    ["https://localhost/v1", false],
    ["https://db.internal/v1", false],
    ["https://10.1.2.3/v1", false],
    ["https://100.64.0.1/v1", false],
    ["https://[fd00::1]/v1", false],
  ])("%s, private %s, is refused", (text, allowPrivate) =>
    expect(() => parseBaseUrl(text, allowPrivate)).toThrow(Refusal),
  );
  it("knows public addresses", () => {
    expect(["8.8.8.8", "1.1.1.1", "2606:4700::1111", "172.32.0.1", "192.167.0.1"].filter(isPrivateAddress)).toEqual([]);
    expect(
      ["172.31.0.1", "0.0.0.0", "::", "fe80::1", "224.0.0.1", "not one"].filter((a) => !isPrivateAddress(a)),
    ).toEqual([]);
  });
});

describe("a secret's box", () => {
  const box = sealSecret(new Secret(upstreamSecret), pepper, "ups_1");
  it("opens for its row under its pepper", () => {
    expect(openSecret(box, pepper, "ups_1").reveal()).toBe(upstreamSecret);
    expect(box).not.toContain(upstreamSecret);
    expect(sealSecret(new Secret(upstreamSecret), pepper, "ups_1")).not.toBe(box);
  });
  it.each([
    ["another row", box, "ups_2", pepper],
    ["another pepper", box, "ups_1", new Secret("another pepper, with its 32 letters")],
    ["a changed box", `${box.slice(0, -2)}AA`, "ups_1", pepper],
    ["a cut box", box.slice(0, 20), "ups_1", pepper],
    ["no box", "", "ups_1", pepper],
  ])("does not open for %s", (_story, text, owner, key) =>
    expect(() => openSecret(text, key, owner)).toThrow(expect.objectContaining({ code: "unavailable" }) as Error),
  );
});

describe("what an upstream costs", () => {
  const prices = {
    inputMillionNanos: 150_000_000n,
    cachedInputMillionNanos: 75_000_000n,
    outputMillionNanos: 600_000_000n,
    requestNanos: 0n,
    secondNanos: 0n,
  };
  const none = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, elapsedMs: 0 };
  it.each([
    ["nothing", {}, none, 0n],
    ["tokens of each kind", {}, { ...none, inputTokens: 1_000, cachedInputTokens: 200, outputTokens: 50 }, 195_000n],
    ["cached tokens once", {}, { ...none, cachedInputTokens: 2_000 }, 150_000n],
    ["a request", { requestNanos: 7n }, none, 7n],
    ["time, by the millisecond", { secondNanos: 1_000_000n }, { ...none, elapsedMs: 1_500 }, 1_500_000n],
    ["rounded once, half up", { inputMillionNanos: 500_000n }, { ...none, inputTokens: 1 }, 1n],
    ["rounded once, down", { inputMillionNanos: 499_999n }, { ...none, inputTokens: 1 }, 0n],
  ])("%s", (_story, change, work, nanos) => expect(costOf({ ...prices, ...change }, work)).toBe(nanos));
});

describeEachEngine("upstreams", (stores) => {
  it("keep their secret to themselves", async () => {
    const { store, dispose } = await stores.open();
    const secret = new Secret(upstreamSecret);
    const made = await createUpstream(store, {
      name: "vendor",
      baseUrl: "https://api.example.com/v1",
      secret,
      pepper,
      nowMs,
    });
    expect(made).toMatchObject({ secretLastFour: "0001", allowPrivate: false });
    const rows = await store.as<{ upstreams: object }>().selectFrom("upstreams").selectAll().execute();
    for (const shown of [made, await getUpstream(store, "vendor"), await listUpstreams(store, { limit: 9 }), rows]) {
      expect(inspect(shown, { depth: 9 }) + JSON.stringify(shown)).not.toContain(upstreamSecret);
    }
    await changeUpstream(store, { upstream: "vendor", secret: null, enabled: false, pepper, nowMs: nowMs + 1 });
    expect(await getUpstream(store, made.id)).toMatchObject({ secretLastFour: null, disabledAtMs: nowMs + 1 });
    await dispose();
  });

  it("refuse what would not work, and change nothing", async () => {
    const { store, dispose } = await stores.open();
    const model = await addStubUpstream(store, { name: "stub", url: "http://127.0.0.1:9/v1" });
    const card = { model, currency: "usd" as const, effectiveAtMs: 5, requestNanos: 0n, secondNanos: 0n, nowMs };
    const million = { inputMillionNanos: 1n, cachedInputMillionNanos: 1n, outputMillionNanos: 1n };
    const tokens = { contextTokensMax: 10, outputTokensMax: 10 };
    const target = { model };
    const rows: readonly [code: string, work: () => Promise<unknown>][] = [
      ["conflict", () => createUpstream(store, { name: "stub", baseUrl: "https://a.example", pepper, nowMs })],
      ["invalid_request", () => createUpstream(store, { name: "Big", baseUrl: "https://a.example", pepper, nowMs })],
      ["invalid_request", () => createUpstream(store, { name: "a", baseUrl: "http://10.0.0.1", pepper, nowMs })],
      [
        "invalid_request",
        () =>
          createUpstream(store, { name: "a", baseUrl: "https://a.example", secret: new Secret("a b"), pepper, nowMs }),
      ],
      ["invalid_request", () => changeUpstream(store, { upstream: "stub", allowPrivate: false, pepper, nowMs })],
      ["not_found", () => changeUpstream(store, { upstream: "other", enabled: true, pepper, nowMs })],
      [
        "conflict",
        () => addUpstreamModel(store, { upstream: "stub", name: "stub-model", apis: ["chat"], ...tokens, nowMs }),
      ],
      ["invalid_request", () => addUpstreamModel(store, { upstream: "stub", name: "b", apis: [], ...tokens, nowMs })],
      [
        "invalid_request",
        () =>
          addUpstreamModel(store, {
            upstream: "stub",
            name: "b",
            apis: ["chat"],
            ...tokens,
            outputTokensMax: 0,
            nowMs,
          }),
      ],
      ["not_found", () => getUpstreamModel(store, "stub/other")],
      ["not_found", () => getUpstreamModel(store, "stub")],
      ["invalid_request", () => addUpstreamRateCard(store, { ...card, ...million, inputMillionNanos: -1n })],
      ["conflict", () => addUpstreamRateCard(store, { ...card, ...million, effectiveAtMs: 0 })],
      ["invalid_request", () => setRoute(store, { endpoint: "chat", targets: [], nowMs })],
      ["invalid_request", () => setRoute(store, { endpoint: "chat", targets: [target, target], nowMs })],
      ["invalid_request", () => setRoute(store, { endpoint: "Chat", targets: [target], nowMs })],
      ["invalid_request", () => setRoute(store, { endpoint: "chat", targets: [{ model, weight: 0 }], nowMs })],
      [
        "invalid_request",
        () => setRoute(store, { endpoint: "chat", targets: [target], policy: { triesMax: 99 }, nowMs }),
      ],
      ["not_found", () => setRoute(store, { endpoint: "chat", targets: [{ model: "stub/none" }], nowMs })],
      ["not_found", () => getRoute(store, "chat")],
      ["not_found", () => removeRoute(store, "chat")],
    ];
    for (const [code, work] of rows) await expect(work(), code + work.toString()).rejects.toMatchObject({ code });
    expect(await listUpstreams(store, { limit: 9 })).toHaveLength(1);
    await dispose();
  });

  it("are priced by the card in force, in the currency asked for", async () => {
    const { store, dispose } = await stores.open();
    const model = await addStubUpstream(store, { name: "stub", url: "http://127.0.0.1:9/v1" });
    const rest = { cachedInputMillionNanos: 0n, outputMillionNanos: 0n, requestNanos: 0n, secondNanos: 0n, nowMs };
    await addUpstreamRateCard(store, { model, currency: "usd", effectiveAtMs: 100, inputMillionNanos: 7n, ...rest });
    await addUpstreamRateCard(store, { model, currency: "eur", effectiveAtMs: 50, inputMillionNanos: 6n, ...rest });
    const cards = await listUpstreamRateCards(store, (await getUpstreamModel(store, model)).id);
    expect(cardAt(cards, "usd", 99)?.inputMillionNanos).toBe(1_000_000_000n);
    expect(cardAt(cards, "usd", 100)?.inputMillionNanos).toBe(7n);
    expect(cardAt(cards, "eur", 49)).toBeUndefined();
    expect(cardAt(cards, "eur", 1_000)?.inputMillionNanos).toBe(6n);
    expect(cardAt(cards, "jpy", 1_000)).toBeUndefined();
    await dispose();
  });

  it("stand behind an endpoint by its route, which is replaced whole", async () => {
    const { store, dispose } = await stores.open();
    const model = await addStubUpstream(store, { name: "stub", url: "http://127.0.0.1:9/v1" });
    const first = await setRoute(store, { endpoint: "chat", targets: [{ model }], nowMs });
    const second = await setRoute(store, {
      endpoint: "chat",
      targets: [{ model, weight: 3 }],
      policy: { idleMs: 9 },
      nowMs: nowMs + 1,
    });
    expect(second.id).not.toBe(first.id);
    expect(await getRoute(store, "chat")).toMatchObject({
      id: second.id,
      targets: [{ priority: 0, weight: 3 }],
      policy: { triesMax: 3, timeouts: { idleMs: 9 } },
    });
    await removeRoute(store, "chat");
    await expect(getRoute(store, "chat")).rejects.toMatchObject({ code: "not_found" });
    await dispose();
  });
});
