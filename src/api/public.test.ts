import { dayMs } from "../kernel/clock.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlan, createProduct } from "../sell/index.ts";
import { deploy } from "../serve/index.ts";
import { registerSmallModel } from "../serve/testing/small-model.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { browserHeaders } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";
import { everyRow, textOf } from "./testing/tenants.ts";

describeEachEngine("what the world sees", (stores) => {
  let server: TestServer;
  let product = "";
  let plan = "";
  beforeAll(async () => {
    server = await openTestServer(stores);
    const { store, clock } = server.deps;
    const nowMs = clock.now();
    const model = await registerSmallModel(store, { nowMs });
    await deploy(store, { endpoint: "mill", model: model.id, role: "champion", nowMs });
    const made = await createProduct(store, { name: "Mill & Co", endpoint: "mill", nowMs });
    product = made.id;
    await createProduct(store, { name: "Secret plan", endpoint: "mill", nowMs });
    const price = { kind: "per_unit", perThousandNanos: 10_000_000_000n, freeUnits: 100 } as const;
    const components = [{ unit: "predictions", price }] as const;
    const terms = { product: made.id, currency: "usd", feeNanos: 0n, components, nowMs } as const;
    plan = (await createPlan(store, { ...terms, name: "Free", offered: true })).id;
    await createPlan(store, { ...terms, name: "For friends" });
  });
  afterAll(() => server.close());

  const get = (url: string, headers: Record<string, string> = {}) => server.app.inject({ url, headers });
  const post = (url: string, payload: object, remoteAddress = "192.0.2.1", headers: Record<string, string> = {}) =>
    server.app.inject({ method: "POST", url, payload, remoteAddress, headers });
  const show = (body: object) =>
    post(`/admin/v1/products/${product}/page`, { shown: true, ...body }, "192.0.2.1", server.operator);
  const at = "/public/v1/products/Mill%20%26%20Co";
  const attempt = (address: string, input: unknown = "win a prize") => post(`${at}/try`, { input }, address);

  it("is nothing until the team shows it, and then not what it does not show", async () => {
    expect((await get("/public/v1/products")).json()).toEqual({ object: "list", data: [] });
    expect((await get(at)).statusCode).toBe(404);
    expect((await attempt("192.0.2.1")).statusCode).toBe(404);
    const page = { description: "It <b>grinds</b>.", examples: ["win a prize"], tries_per_day: 3 };
    expect((await show(page)).statusCode).toBe(200);
    const seen = await get(at);
    expect(seen.json()).toMatchObject({ name: "Mill & Co", sign_up: false, plans: [{ name: "Free" }] });
    expect(seen.json<{ plans: unknown[] }>().plans).toHaveLength(1);
    expect((await get("/public/v1/products")).body).not.toContain("Secret plan");
    expect((await get("/public/v1/products/Secret%20plan")).statusCode).toBe(404);
  });

  describe("a trial", () => {
    it("answers so often for an address in a day, is no prediction and costs nobody; the input is not kept", async () => {
      const before = new Set((await everyRow(server.deps.store)).map(({ table }) => table));
      const input = "the very private mill";
      const statuses: number[] = [];
      for (let i = 0; i < 4; i++) statuses.push((await attempt("198.51.100.7", input)).statusCode);
      expect(statuses).toEqual([200, 200, 200, 429]);
      expect((await attempt("198.51.100.8", input)).json()).toMatchObject({ object: "trial", output: {} });
      const rows = await everyRow(server.deps.store);
      expect(rows.map(textOf).filter((text) => text.includes(input))).toEqual([]);
      expect(rows.map(textOf).filter((text) => text.includes("198.51.100"))).toEqual([]);
      const grown = rows.map(({ table }) => table).filter((table) => !before.has(table));
      expect(new Set(grown)).toEqual(new Set(["trials", "daily_uses"]));
      server.clock.advance(dayMs);
      expect((await attempt("198.51.100.7", input)).statusCode).toBe(200);
    });
    it("sent all at once is counted as well, and one network of IPv6 is one address", async () => {
      const all = await Promise.all(Array.from({ length: 12 }, (_, i) => attempt(`2001:db8:7:7::${i + 1}`)));
      expect(all.filter(({ statusCode }) => statusCode === 200)).toHaveLength(3);
      expect(all.filter(({ statusCode }) => statusCode === 429)).toHaveLength(9);
    });
    it("is refused when it is long, empty or asks what the model cannot read", async () => {
      expect((await attempt("203.0.113.1", "x".repeat(5_001))).statusCode).toBe(413);
      expect((await attempt("203.0.113.2", "")).statusCode).toBe(400);
      expect((await attempt("203.0.113.3", { column: 1 })).statusCode).toBe(400);
    });
  });

  describe("signing up", () => {
    const own = { "x-millrace-request": "1" };
    const body = { product: "Mill & Co", company: "A bakery", name: "A baker", password: "bread and butter" };
    const signUp = (email: string, address: string, more: object = {}) =>
      post("/public/v1/sign-up", { ...body, email, ...more }, address, own);

    it("is closed until the team names a plan that is offered", async () => {
      expect((await signUp("a@example.com", "203.0.113.9")).statusCode).toBe(403);
      const plans = await server.app.inject({ url: "/admin/v1/plans", headers: server.operator });
      const friends = plans.json<{ data: { id: string; name: string }[] }>().data.find(({ name }) => name !== "Free");
      expect((await show({ sign_up_plan: friends?.id })).statusCode).toBe(409);
      expect((await show({ sign_up_plan: plan, sign_up_units: 2 })).statusCode).toBe(200);
    });
    it("makes a customer, a user who is signed in, and a key that answers as often as the team gives away", async () => {
      const seen = await signUp("baker@example.com", "203.0.113.10");
      expect(seen.statusCode, seen.body).toBe(201);
      const { key, user } = seen.json<{ key: { secret: string }; user: { customer: string; realm: string } }>();
      expect(user.realm).toBe("customer");
      const asked: number[] = [];
      for (let i = 0; i < 3; i++) {
        const headers = { authorization: `Bearer ${key.secret}` };
        asked.push((await post("/v1/predictions", { endpoint: "mill", input: "x" }, "", headers)).statusCode);
      }
      expect(asked).toEqual([200, 200, 429]);
      const headers = browserHeaders(/session=([^;]*)/.exec(String(seen.headers["set-cookie"]))?.[1] ?? "");
      expect((await get("/portal/v1/subscriptions", headers)).json()).toMatchObject({ data: [{ plan }] });
      expect((await get("/admin/v1/customers", headers)).statusCode).toBe(403);
      const again = await post("/auth/v1/sign-in", { email: "baker@example.com", password: body.password }, "", own);
      expect(again.statusCode).toBe(200);
    });
    it("leaves nothing half done when it is refused, and is limited by address", async () => {
      const rows = async (): Promise<string[]> =>
        (await everyRow(server.deps.store))
          .filter(({ table }) => !["daily_uses", "audit_events"].includes(table))
          .map(textOf)
          .sort();
      const before = await rows();
      const statuses: number[] = [];
      for (const more of [{ password: "short" }, {}, { email: "nobody" }, {}, {}, {}, {}]) {
        statuses.push((await signUp("baker@example.com", "203.0.113.11", more)).statusCode);
      }
      expect(statuses).toEqual([400, 409, 400, 409, 409, 429, 429]);
      expect(await rows()).toEqual(before);
      const forged = {
        method: "POST",
        url: "/public/v1/sign-up",
        payload: { ...body, email: "f@example.com" },
      } as const;
      expect((await server.app.inject(forged)).statusCode).toBe(403);
    });
  });
});
