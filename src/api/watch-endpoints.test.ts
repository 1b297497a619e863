import { dayMs } from "../kernel/clock.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cutsOf } from "../insight/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";
import { type Tenant, everyRow, openTenants } from "./testing/tenants.ts";

describeEachEngine("an endpoint is watched and tried", (stores) => {
  let server: TestServer;
  let tenants: readonly [Tenant, Tenant];
  beforeAll(async () => {
    server = await openTestServer(stores);
    tenants = await openTenants(server);
  });
  afterAll(() => server.close());

  const get = (url: string) => server.app.inject({ method: "GET", url, headers: { ...server.operator } });
  const post = (url: string, payload: object) =>
    server.app.inject({ method: "POST", url, headers: { ...server.operator }, payload });
  const base = "/admin/v1/endpoints/shared-filter";

  it("traffic counts every answer once, with its latency", async () => {
    const now = server.clock.now();
    const told = (await get(`${base}/traffic?from_ms=${now - 50 * dayMs}&step_ms=${dayMs}`)).json();
    expect(told).toMatchObject({ object: "traffic", endpoint: "shared-filter", step_ms: dayMs });
    const { data } = told as { data: { answers: number; latency_ms_p50: number; latency_ms_p95: number }[] };
    expect(data.reduce((sum, { answers }) => sum + answers, 0)).toBe(2);
    for (const row of data) expect(row.latency_ms_p95).toBeGreaterThanOrEqual(row.latency_ms_p50);
    const later = (await get(`${base}/traffic?from_ms=${now - dayMs}&step_ms=${dayMs}`)).json();
    expect(later).toMatchObject({ data: [] });
    const endless = await get(`${base}/traffic?from_ms=0&step_ms=1000`);
    expect(endless.json()).toMatchObject({ error: { code: "invalid_request", param: "step_ms" } });
  });

  it("trying it out answers like the endpoint and leaves no trace", async () => {
    const before = (await everyRow(server.deps.store)).length;
    const tried = await post(`${base}/try`, { input: "win a prize" });
    expect(tried.json()).toMatchObject({ object: "trial_answer", billed: false, output: { label: "spam" } });
    expect((await everyRow(server.deps.store)).length).toBe(before);
    expect((await post(`${base}/try`, { input: "win", release: "rel_other" })).statusCode).toBe(404);
    expect((await post("/admin/v1/endpoints/nothing/try", { input: "win" })).statusCode).toBe(404);
    expect((await post(`${base}/try-writing`, { prompt: "win" })).statusCode).toBe(400); // it gives labels
  });

  it("a pivot's steps add up to the wheel report of the whole time", async () => {
    const now = server.clock.now();
    const from = now - 50 * dayMs;
    interface Rows {
      readonly rows: readonly { readonly revenue: { amount_nanos: string }; readonly predictions: number }[];
    }
    const pivot = (await get(`/admin/v1/reports/pivot?from_ms=${from}&step=week`)).json<Rows>();
    const whole = (await get(`/admin/v1/reports/wheel?from_ms=${from}&to_ms=${now}`)).json<Rows>();
    const sums = ({ rows }: Rows) => ({
      revenue: rows.reduce((sum, { revenue }) => sum + BigInt(revenue.amount_nanos), 0n),
      predictions: rows.reduce((sum, { predictions }) => sum + predictions, 0),
    });
    expect(sums(pivot)).toEqual(sums(whole));
    expect(sums(pivot).predictions).toBe(2);
    expect(tenants).toHaveLength(2);
    const long = await get("/admin/v1/reports/pivot?from_ms=0&step=day");
    expect(long.json()).toMatchObject({ error: { code: "invalid_request", param: "step" } });
  });
});

it.each([
  ["day", ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]],
  ["week", ["2026-02-27", "2026-03-02"]],
  ["month", ["2026-02-27", "2026-03-01"]],
] as const)("steps of a %s begin at midnight, on Monday, on the first", (step, days) => {
  const fromMs = Date.parse("2026-02-27T00:00:00Z");
  const toMs = Date.parse("2026-03-03T00:00:00Z") - (step === "day" ? 1 : 0);
  expect(cutsOf({ fromMs, toMs, step }).map((ms) => new Date(ms).toISOString().slice(0, 10))).toEqual(days);
});
