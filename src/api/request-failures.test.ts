import { afterAll, beforeAll, expect, it } from "vitest";
import { openFailures } from "../gateway/index.ts";
import { silentLog } from "../kernel/log.ts";
import type { Store } from "../store/index.ts";
import { limits } from "../kernel/limits.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";
import { type Tenant, openTenants } from "./testing/tenants.ts";

interface Steps {
  readonly data: readonly { readonly from_ms: number; readonly code: string; readonly requests: number }[];
}
interface Own {
  readonly data: readonly { readonly endpoint: string | null; readonly code: string; readonly requests: number }[];
}

describeEachEngine("requests that fail are counted", (stores) => {
  let server: TestServer;
  let tenants: readonly [Tenant, Tenant];
  let fromMs: number;
  beforeAll(async () => {
    server = await openTestServer(stores);
    tenants = await openTenants(server);
    fromMs = server.clock.now();
  });
  afterAll(() => server.close());

  const ask = async (headers: Record<string, string>, payload: object | string, url = "/v1/predictions") =>
    (await server.app.inject({ method: "POST", url, headers, payload })).statusCode;
  const get = async <T>(url: string, headers: Record<string, string> = { ...server.operator }): Promise<T> =>
    (await server.app.inject({ method: "GET", url, headers })).json<T>();
  const flushed = async (): Promise<void> => {
    server.clock.advance(limits.failureFlushMs);
    await server.deps.gateway.tend();
  };
  const sums = ({ data }: Steps): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const { code, requests } of data) found[code] = (found[code] ?? 0) + requests;
    return found;
  };

  it("each once, where as much is known as was known; wrong keys without product", async () => {
    const [amber, cobalt] = tenants;
    const good = { endpoint: "shared-filter", input: "win" };
    expect(await ask(amber.headers, good)).toBe(200);
    expect(await ask({ authorization: "Bearer mk_wrong" }, good)).toBe(401);
    expect(await ask({}, good)).toBe(401);
    expect(await ask(amber.headers, { ...good, endpoint: "not-mine" })).toBe(403);
    expect(await ask(amber.headers, { ...good, more: true })).toBe(400);
    expect(await ask({ ...amber.headers, "content-type": "application/json" }, "{")).toBe(400);
    expect(await ask(cobalt.headers, { ...good, input: "" })).toBe(400);
    const chat = { model: "shared-filter", messages: [{ role: "user", content: "win" }] };
    expect(await ask(cobalt.headers, chat, "/v1/chat/completions")).toBe(400);
    await flushed();

    const query = `from_ms=${fromMs}&step_ms=60000`;
    const placed = await get<Steps>(`/admin/v1/endpoints/shared-filter/failures?${query}`);
    const unplaced = await get<Steps>(`/admin/v1/unplaced-failures?${query}`);
    const all = { ...sums(unplaced) };
    for (const [code, requests] of Object.entries(sums(placed))) all[code] = (all[code] ?? 0) + requests;
    expect(all).toEqual({ invalid_key: 2, not_entitled: 1, invalid_request: 4 });
    expect(sums(unplaced)).toMatchObject({ invalid_key: 2, not_entitled: 1 });
    expect(sums(placed)).toEqual({ invalid_request: 1 }); // the chat that reached its endpoint, which gives labels

    const told = (await server.app.inject({ method: "GET", url: "/metrics" })).body;
    const counted = [...told.matchAll(/^millrace_request_failures_total\{.*code="(\w+)"\} (\d+)$/gm)];
    const metric: Record<string, number> = {};
    for (const [, code = "", n = ""] of counted) metric[code] = (metric[code] ?? 0) + Number(n);
    expect(metric).toEqual(all);
  });

  it("a customer sees its own, by key and in its portal, and nobody else's", async () => {
    const [amber, cobalt] = tenants;
    const own = await get<Own>("/v1/failures", amber.headers);
    expect(own.data).toMatchObject([
      { endpoint: null, code: "invalid_request", requests: 2 },
      { endpoint: null, code: "not_entitled", requests: 1 },
    ]);
    expect(await get("/portal/v1/failures", amber.browser)).toMatchObject({ data: own.data });
    const theirs = await get<Own>("/v1/failures", cobalt.headers);
    expect(theirs.data.reduce((sum, { requests }) => sum + requests, 0)).toBe(2);
  });

  it("counts of two processes add up, and what could not be written is tried again", async () => {
    const { store, clock } = server.deps;
    const asked = { endpoint: "busy", product: "prod_1", customer: "cus_1" };
    const minute = Math.floor(clock.now() / 60_000) * 60_000;
    let isAway = true;
    const run: Store["run"] = (unit, input) => (isAway ? Promise.reject(new Error("away")) : store.run(unit, input));
    const open = () => openFailures({ store: { run }, clock, log: silentLog, onFailure: () => {} });
    const processes = [open(), open()];
    for (const process of processes) process.note(asked, "rate_limited", new Error("wait"));
    for (const process of processes) await process.flush(true);
    for (const process of processes) process.note(asked, "rate_limited", new Error("wait"));
    isAway = false;
    for (const process of processes) await process.flush(true);
    for (const process of processes) await process.flush(true); // there is nothing left to write
    const steps = await get<Steps>(`/admin/v1/endpoints/busy/failures?from_ms=${minute}&step_ms=3600000`);
    expect(steps.data).toEqual([{ from_ms: minute, code: "rate_limited", requests: 4 }]);
  });
});
