import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { allRoutes } from "./index.ts";
import { revokeOperatorKey } from "./operators.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

interface ErrorBody {
  readonly error: {
    readonly type: string;
    readonly code: string;
    readonly message: string;
    readonly request_id: string;
  };
}

describeEachEngine("the HTTP plane", (stores) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(stores);
  });
  afterAll(() => server.close());

  const post = async (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: "POST",
      url,
      headers: { ...server.operator, "content-type": "application/json", ...headers },
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    });
  const created = async (url: string, payload: unknown): Promise<{ id: string } & Record<string, unknown>> => {
    const response = await post(url, payload);
    expect(response.statusCode, response.body).toBe(201);
    return response.json();
  };

  describe("who may call", () => {
    const closed = allRoutes.filter(({ who }) => who !== "public" && who !== "visitor");

    it("looked at every route", () => expect(closed.length).toBeGreaterThan(50));

    it.each(closed.map(({ method, path, who }) => ({ method, path, who })))(
      "$method $path refuses a stranger before it reads anything",
      async ({ method, path }) => {
        const url = path.replace(/:\w+/g, "x");
        for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "Basic b3Blbg==" }]) {
          const response = await server.app.inject({
            method,
            url,
            headers: { ...headers },
            ...(method === "POST" ? { payload: { nonsense: 1 } } : {}),
          });
          const seen = response.json<ErrorBody>().error;
          const isPaid = path.startsWith("/v1/") && headers.authorization === "Bearer wrong";
          // a customer's key is checked by the gateway, after the shape of the body
          expect(isPaid ? [400, 401] : [401]).toContain(response.statusCode);
          expect(seen.message).not.toMatch(/wrong/);
        }
      },
    );
    it("the customers' key opens nothing of the team's, and a revoked operator key nothing at all", async () => {
      const customer = await created("/admin/v1/customers", { name: "Mail host" });
      const key = await created(`/admin/v1/customers/${customer.id}/keys`, {});
      const asCustomer = { authorization: `Bearer ${String(key["secret"])}` };
      expect((await server.app.inject({ url: "/admin/v1/customers", headers: asCustomer })).statusCode).toBe(401);
      const { createOperatorKey } = await import("./operators.ts");
      const { store, pepper, clock } = server.deps;
      const { id, secret } = await createOperatorKey(store, { name: "gone", pepper, nowMs: clock.now() });
      const headers = { authorization: `Bearer ${secret.reveal()}` };
      expect((await server.app.inject({ url: "/admin/v1/customers", headers })).statusCode).toBe(200);
      await revokeOperatorKey(store, id, clock.now());
      expect((await server.app.inject({ url: "/admin/v1/customers", headers })).statusCode).toBe(401);
    });
  });

  describe("bodies that must be refused", () => {
    const rows: readonly [story: string, url: string, payload: unknown, status: number, code: string, says: RegExp][] =
      [
        [
          "an unknown field",
          "/admin/v1/products",
          { name: "a", endpoint: "e", price: 1 },
          400,
          "invalid_request",
          /price/,
        ],
        ["a missing field", "/admin/v1/products", { name: "a" }, 400, "invalid_request", /endpoint/],
        ["a name of spaces", "/admin/v1/products", { name: "   ", endpoint: "e" }, 400, "invalid_request", /name/],
        [
          "a body nested to the stack's end",
          "/admin/v1/products",
          `{"endpoint": "e", "name": ${"[".repeat(400_000)}${"]".repeat(400_000)}}`,
          400,
          "invalid_request",
          /name/,
        ],
        [
          "a text with a NUL character",
          "/admin/v1/products",
          { name: "a\0b", endpoint: "e" },
          400,
          "invalid_request",
          /NUL character at position 1/,
        ],
        ["text that is not JSON", "/admin/v1/products", '{"name": "a",', 400, "invalid_request", /not JSON/],
        [
          "a body of two megabytes",
          "/admin/v1/products",
          { name: "a".repeat(2_000_000), endpoint: "e" },
          413,
          "too_large",
          /too large/,
        ],
        [
          "an amount as a float",
          "/admin/v1/plans",
          { product: "x", name: "p", per_thousand: 2.5 },
          400,
          "invalid_request",
          /per_thousand/,
        ],
        [
          "an amount below zero",
          "/admin/v1/plans",
          { product: "x", name: "p", per_thousand: "-2" },
          400,
          "invalid_request",
          /per_thousand/,
        ],
        ["a plan without any price", "/admin/v1/plans", { product: "x", name: "p" }, 400, "invalid_request", /either/],
        [
          "a plan priced in both forms",
          "/admin/v1/plans",
          { product: "x", name: "p", per_thousand: "2", components: [] },
          400,
          "invalid_request",
          /either/,
        ],
        [
          "a price of a unit that nobody meters",
          "/admin/v1/plans",
          {
            product: "x",
            name: "p",
            components: [{ unit: "prayers", price: { kind: "per_unit", per_thousand: "2" } }],
          },
          400,
          "invalid_request",
          /unit/,
        ],
        [
          "a product that is not there",
          "/admin/v1/plans",
          { product: "prod_x", name: "p", per_thousand: "2" },
          404,
          "not_found",
          /product/,
        ],
        [
          "a commission above everything",
          "/admin/v1/partners",
          { name: "p", commission_basis_points: 10_001 },
          400,
          "invalid_request",
          /commission/,
        ],
        ["a run on nothing", "/admin/v1/runs", { dataset_version: "dsv_x" }, 404, "not_found", /dsv_x/],
        [
          "a champion that is not there",
          "/admin/v1/endpoints/e/deploy",
          { role: "champion", model: "mdl_x" },
          404,
          "not_found",
          /model/,
        ],
        [
          "a challenger without a share",
          "/admin/v1/endpoints/e/deploy",
          { role: "challenger", model: "mdl_x" },
          400,
          "invalid_request",
          /share/,
        ],
      ];
    it.each(rows)("%s", async (_story, url, payload, status, code, says) => {
      const response = await post(url, payload);
      const { error } = response.json<ErrorBody>();
      expect([response.statusCode, error.code]).toEqual([status, code]);
      expect(error.message).toMatch(says);
      expect(error.request_id).toMatch(/^req_/);
      expect(response.headers["x-request-id"]).toBe(error.request_id);
    });
    it("each says where its code is explained", async () => {
      const { error } = (await post("/admin/v1/products", {})).json<{ error: { code: string; doc_url: string } }>();
      const [page = "", anchor] = error.doc_url.split("#");
      expect(anchor).toBe(error.code);
      expect((await server.app.inject(page)).body).toContain(`id="${error.code}"`);
    });
    it("nothing at a path is a clear 404", async () => {
      const response = await server.app.inject({ url: "/admin/v1/nothing", headers: server.operator });
      expect(response.json<ErrorBody>().error).toMatchObject({ code: "not_found", type: "not_found_error" });
    });
  });

  describe("Idempotency-Key", () => {
    it("a replay returns the first answer and makes nothing new", async () => {
      const body = { name: "once", endpoint: "e" };
      const first = await post("/admin/v1/products", body, { "idempotency-key": "k1" });
      const second = await post("/admin/v1/products", body, { "idempotency-key": "k1" });
      expect(second.json()).toEqual(first.json());
      expect(second.statusCode).toBe(201);
    });
    it("the same key with another body is refused", async () => {
      const again = await post("/admin/v1/products", { name: "other", endpoint: "e" }, { "idempotency-key": "k1" });
      expect(again.json<ErrorBody>().error.code).toBe("idempotency_mismatch");
    });
    it("a refused request gives its key back", async () => {
      const bad = await post(
        "/admin/v1/plans",
        { product: "prod_x", name: "p", per_thousand: "2" },
        { "idempotency-key": "k2" },
      );
      expect(bad.statusCode).toBe(404);
      const good = await post("/admin/v1/products", { name: "after", endpoint: "e" }, { "idempotency-key": "k2" });
      expect(good.statusCode).toBe(201);
    });
    it("a key as long as a novel is refused", async () => {
      const long = await post(
        "/admin/v1/products",
        { name: "x", endpoint: "e" },
        { "idempotency-key": "k".repeat(300) },
      );
      expect(long.statusCode).toBe(400);
    });
  });

  describe("lists", () => {
    it("are cut into pages that join without gap or repetition", async () => {
      for (let i = 0; i < 5; i++) {
        await created("/admin/v1/partners", { name: `partner ${i}`, commission_basis_points: 1_000 });
        server.clock.advance(1);
      }
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const url: string = `/admin/v1/partners?limit=2${cursor ? `&cursor=${cursor}` : ""}`;
        const page = (await server.app.inject({ url, headers: server.operator })).json<{
          data: { id: string }[];
          has_more: boolean;
          next_cursor: string | null;
        }>();
        expect(page.data.length).toBeLessThanOrEqual(2);
        expect(page.has_more).toBe(page.next_cursor !== null);
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toHaveLength(5);
    });
    it.each(["0", "101", "many", "-1"])("a limit of %s is refused", async (limit) => {
      const response = await server.app.inject({ url: `/admin/v1/partners?limit=${limit}`, headers: server.operator });
      expect(response.statusCode).toBe(400);
    });
  });

  describe("tenants", () => {
    it("a customer sees its own money and nothing of its neighbour", async () => {
      const product = await created("/admin/v1/products", { name: "p-tenant", endpoint: "tenant" });
      const plan = await created("/admin/v1/plans", { product: product.id, name: "plan-tenant", per_thousand: "2" });
      const keys: string[] = [];
      for (const name of ["one", "two"]) {
        const customer = await created("/admin/v1/customers", {
          name,
          terms: { kind: "postpaid", credit_limit: "10" },
        });
        await created(`/admin/v1/customers/${customer.id}/subscriptions`, { plan: plan.id });
        keys.push(String((await created(`/admin/v1/customers/${customer.id}/keys`, {}))["secret"]));
      }
      const balance = await server.app.inject({ url: "/v1/balance", headers: { authorization: `Bearer ${keys[0]}` } });
      expect(balance.json()).toMatchObject({
        object: "balance",
        available: { amount_nanos: "10000000000", currency: "usd" },
      });
      const missing = await server.app.inject({
        url: "/v1/invoices/inv_x",
        headers: { authorization: `Bearer ${keys[1]}` },
      });
      expect(missing.statusCode).toBe(404);
    });
  });

  it("no answer and no metric shows a secret again", async () => {
    const customer = await created("/admin/v1/customers", { name: "Secretive" });
    const key = await created(`/admin/v1/customers/${customer.id}/keys`, {});
    const secret = String(key["secret"]);
    const texts = await Promise.all(
      [
        `/admin/v1/customers/${customer.id}/keys`,
        `/admin/v1/customers/${customer.id}`,
        "/metrics",
        "/openapi.json",
      ].map(async (url) => (await server.app.inject({ url, headers: server.operator })).body),
    );
    for (const text of texts) expect(text).not.toContain(secret);
    expect(texts[0]).toContain(secret.slice(-4));
  });

  it("says that it lives, that it is ready, and how it does", async () => {
    expect((await server.app.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect((await server.app.inject("/readyz")).json()).toEqual({ status: "ready" });
    expect((await server.app.inject("/metrics")).body).toContain("millrace_http_request_seconds_bucket");
    const page = await server.app.inject("/docs/");
    expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  });
});
