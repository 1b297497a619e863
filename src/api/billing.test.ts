import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

type Json = Record<string, unknown> & { readonly id: string };

describeEachEngine("billing over HTTP", (stores) => {
  let server: TestServer;
  beforeAll(async () => void (server = await openTestServer(stores)));
  afterAll(() => server.close());

  async function call(
    method: "GET" | "POST",
    url: string,
    body?: unknown,
    headers: Record<string, string> = server.operator,
  ) {
    const sent = body === undefined ? {} : { payload: JSON.stringify(body) };
    const json = body === undefined ? {} : { "content-type": "application/json" };
    return server.app.inject({ method, url, headers: { ...headers, ...json }, ...sent });
  }
  async function made(url: string, body?: unknown, headers?: Record<string, string>): Promise<Json> {
    const answer = await call("POST", url, body, headers);
    expect([200, 201, 202], answer.body).toContain(answer.statusCode);
    return answer.json();
  }
  async function read(url: string, headers?: Record<string, string>): Promise<Json> {
    const answer = await call("GET", url, undefined, headers);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  }
  let count = 0;
  async function open() {
    const product = await made("/admin/v1/products", { name: `p${++count}`, endpoint: `e${count}` });
    const price = {
      kind: "graduated",
      tiers: [
        { up_to: 10, per_thousand: "5" },
        { up_to: null, per_thousand: "2" },
      ],
    };
    const prices = { fee: "31", components: [{ unit: "predictions", price: { ...price, minimum: "1" } }] };
    const plan = await made("/admin/v1/plans", { product: product.id, name: "team", trial_days: 0, ...prices });
    const offered = await made("/admin/v1/plans", {
      product: product.id,
      name: "large",
      offered: true,
      ...prices,
      fee: "62",
    });
    const customer = await made("/admin/v1/customers", { name: "c", terms: { kind: "postpaid", credit_limit: "100" } });
    const subscription = await made(`/admin/v1/customers/${customer.id}/subscriptions`, { plan: plan.id });
    const key = await made(`/admin/v1/customers/${customer.id}/keys`, {});
    const own = { authorization: `Bearer ${key["secret"] as string}` };
    return { product, plan, offered, customer, subscription, own };
  }

  it("from prices to a paid invoice that explains itself and is a page", async () => {
    const { plan, customer, subscription, own } = await open();
    const cards = await read(`/admin/v1/plans/${plan.id}/rate-cards`);
    expect(cards["data"]).toMatchObject([{ components: [{ price: { kind: "graduated", minimum: "1.00" } }] }]);
    await made(`/admin/v1/customers/${customer.id}/billing-profile`, { country: "FR", tax_id: "FR40303265045" });
    await made(`/admin/v1/customers/${customer.id}/invoice-items`, {
      service: "course",
      description: "One day",
      unit_amount: "900",
    });
    const draft = await read(`/v1/subscriptions/${subscription.id}/draft`, own);
    expect(draft["total"]).toMatchObject({ amount_nanos: "932000000000" });
    server.clock.advance(32 * 86_400_000);
    await made("/admin/v1/invoices/close", {});
    const list = await read("/v1/invoices", own);
    const [invoice] = list["data"] as Json[];
    expect(invoice).toMatchObject({ total: { amount_nanos: "932000000000" }, tax: { treatment: "none" } });
    expect(invoice!["number"]).toMatch(/^INV-\d{4}-0{5}\d$/);
    const told = await read(`/v1/invoices/${invoice!.id}/explain`, own);
    expect(told["usage_events"]).toMatchObject({ count: 0 });
    const html = await call("GET", `/v1/invoices/${invoice!.id}/document?language=zh`, undefined, own);
    expect([html.headers["content-type"], html.body.includes("培训课程：One day")]).toEqual([
      "text/html; charset=utf-8",
      true,
    ]);
    const pdf = await call("GET", `/admin/v1/invoices/${invoice!.id}/document?format=pdf`);
    expect([pdf.headers["content-type"], pdf.rawPayload.subarray(0, 5).toString()]).toEqual([
      "application/pdf",
      "%PDF-",
    ]);
    await made(`/admin/v1/customers/${customer.id}/payments`, { amount: "932", reference: "bank-1" });
    expect(await read(`/v1/invoices/${invoice!.id}/collection`, own)).toMatchObject({ state: "paid" });
    const kinds = ((await read("/v1/events", own))["data"] as Json[]).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["invoice.issued", "invoice.paid", "payment.received"]));
  });

  it("a customer changes its own side, and only to what is offered", async () => {
    const { plan, offered, subscription, own } = await open();
    const plans = await read(`/v1/subscriptions/${subscription.id}/plans`, own);
    expect((plans["data"] as Json[]).map(({ id }) => id)).toEqual([offered.id]);
    const change = `/v1/subscriptions/${subscription.id}/change-plan`;
    expect((await call("POST", change, { plan: plan.id }, own)).statusCode).toBe(404);
    server.clock.advance(1_000);
    expect(await made(change, { plan: offered.id, proration: "next_period" }, own)).toMatchObject({
      next_plan: { plan: offered.id },
    });
    const limited = await made("/v1/keys", { name: "ci", quota_units: 5 }, own);
    const restricted = { authorization: `Bearer ${limited["secret"] as string}` };
    expect((await call("POST", "/v1/keys", {}, restricted)).statusCode).toBe(403);
    const rotated = await made(`/v1/keys/${limited.id}/rotate`, undefined, own);
    expect(rotated["secret"]).not.toBe(limited["secret"]);
    server.clock.advance(2_000);
    expect((await call("GET", "/v1/keys", undefined, restricted)).statusCode).toBe(401);
  });

  describe("is refused", () => {
    it.each<[string, string, unknown, number]>([
      [
        "a price of an unknown kind",
        "/admin/v1/plans",
        { product: "prod_x", name: "x", components: [{ unit: "rows", price: { kind: "gift" } }] },
        400,
      ],
      [
        "a discount of everything and more",
        "/admin/v1/coupons",
        { code: "ALL", discount: { kind: "percent", percent: "101" } },
        400,
      ],
      ["a seller in no country", "/admin/v1/seller", { country: "XX" }, 400],
      ["credit for nobody", "/admin/v1/customers/cus_none/credits", { amount: "1", source: "x" }, 404],
      [
        "a draft price of a product that is not there",
        "/admin/v1/products/prod_none/simulate",
        { per_thousand: "1" },
        404,
      ],
      ["a message of a provider we do not have", "/webhooks/stripe", { id: "evt_1" }, 404],
      ["a message that no bank sends", "/webhooks/manual", { id: "evt_1" }, 403],
    ])("%s", async (_story, url, body, status) => {
      const answer = await call("POST", url, body);
      expect(answer.statusCode, answer.body).toBe(status);
    });
  });

  it("drafts of prices and revenue are told, and billing runs", async () => {
    const { product } = await open();
    expect(await made(`/admin/v1/products/${product.id}/simulate`, { fee: "10", per_thousand: "1" })).toMatchObject({
      winners: 1,
      draft: { amount_nanos: "10000000000" },
    });
    expect((await read("/admin/v1/reports/revenue"))["months"]).toBeInstanceOf(Array);
    expect((await read("/admin/v1/reports/receivables"))["customers"]).toBeInstanceOf(Array);
    expect(await made("/admin/v1/billing/run")).toMatchObject({ object: "billing_run" });
  });

  it("thresholds are set by the team and by the customer, each within its own", async () => {
    const { subscription, own } = await open();
    const [team, mine] = [`/admin/v1/subscriptions/${subscription.id}`, `/v1/subscriptions/${subscription.id}`];
    const level = { kind: "spend", amount: "12.50" };
    const threshold = await made(`${team}/thresholds`, { level });
    expect(threshold).toMatchObject({ object: "usage_threshold", level, set_by: "team" });
    const units = { level: { kind: "units", unit: "predictions", units: 3 } };
    const theirs = await made(`${mine}/thresholds`, units, own);
    expect((await read(`${mine}/thresholds`, own))["data"]).toHaveLength(2);
    expect((await read(`${team}/thresholds`))["data"]).toHaveLength(2);
    expect((await call("POST", `/v1/thresholds/${threshold.id}/remove`, undefined, own)).statusCode).toBe(403);
    await made(`/v1/thresholds/${theirs.id}/remove`, undefined, own);
    await made(`/admin/v1/thresholds/${threshold.id}/remove`);
    expect((await call("POST", `/admin/v1/thresholds/${threshold.id}/remove`)).statusCode).toBe(404);
    const { own: other } = await open();
    expect((await call("POST", `${mine}/thresholds`, units, other)).statusCode).toBe(404);
    expect((await call("GET", `${mine}/thresholds`, undefined, other)).statusCode).toBe(404);
    const cap = await call("POST", `${team}/thresholds`, { level: { kind: "cap", percent: "80" } });
    expect([cap.statusCode, cap.json().error.param]).toEqual([400, "level.kind"]);
  });
});
