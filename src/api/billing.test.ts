import { dayMs } from "../kernel/clock.ts";
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
    server.clock.advance(32 * dayMs);
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

  it("credit kept to a product is told to its customer, and paid by it the invoice says so", async () => {
    const { product, plan } = await open();
    const customer = await made("/admin/v1/customers", { name: "prepaid", terms: { kind: "prepaid" } });
    await made(`/admin/v1/customers/${customer.id}/subscriptions`, { plan: plan.id });
    const key = await made(`/admin/v1/customers/${customer.id}/keys`, {});
    const own = { authorization: `Bearer ${key["secret"] as string}` };
    const credits = `/admin/v1/customers/${customer.id}/credits`;
    const credit = { amount: "5", source: "launch" };
    const to = [{ id: product.id, name: product["name"] }];
    expect(await made(credits, { ...credit, products: [product.id] })).toMatchObject({ products: to });
    await made(credits, credit);
    const told = (await read("/v1/credits", own))["data"] as Json[];
    expect(told.map(({ products }) => products)).toEqual([to, null]);
    const five = { amount_nanos: "5000000000" };
    expect(await read("/v1/balance", own)).toMatchObject({ kept: five, available: five, held: { amount_nanos: "0" } });
    for (const products of [[], ["prod_none"], "all"])
      expect([400, 404]).toContain((await call("POST", credits, { ...credit, products })).statusCode);
    const byInvoice = await open();
    const refused = await call("POST", `/admin/v1/customers/${byInvoice.customer.id}/credits`, credit);
    expect(refused.statusCode).toBe(409);
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

  it("shares of a key's quota are set by the team and by the customer, each its own", async () => {
    const { customer, own } = await open();
    const key = await made(`/admin/v1/customers/${customer.id}/keys`, { name: "small", quota_units: 100 });
    const at = `/admin/v1/customers/${customer.id}/keys/${key.id}/thresholds`;
    await made(at, { percents: ["80"] });
    const both = await made(`/v1/keys/${key.id}/thresholds`, { percents: ["90", "50.5"] }, own);
    expect(both["quota_thresholds"]).toEqual([
      { percent: "50.5", set_by: "customer", told: false },
      { percent: "80", set_by: "team", told: false },
      { percent: "90", set_by: "customer", told: false },
    ]);
    const { own: other } = await open();
    const refused = await Promise.all([
      call("POST", `/v1/keys/${key.id}/thresholds`, { percents: [] }, other),
      call("POST", at, { percents: ["a lot"] }),
      call("POST", at, { percents: ["0"] }),
    ]);
    expect(refused.map(({ statusCode }) => statusCode)).toEqual([404, 400, 400]);
  });

  it("a key is bound to addresses, products and a day, and a bound key loosens nothing", async () => {
    const { customer, product, own } = await open();
    const other = await open();
    const keys = `/admin/v1/customers/${customer.id}/keys`;
    const secretOf = (key: Json) => ({ authorization: `Bearer ${key["secret"] as string}` });
    const from = async (key: Json, remoteAddress: string, forwarded?: string) => {
      const headers = { ...secretOf(key), ...(forwarded ? { "x-forwarded-for": forwarded } : {}) };
      const answer = await server.app.inject({ method: "GET", url: "/v1/balance", headers, remoteAddress });
      return answer.statusCode === 200 ? 200 : `${answer.statusCode} ${answer.json().error.code as string}`;
    };
    const near = await made(keys, { addresses: ["203.0.113.0/24", "2001:db8::/32"] });
    expect(near).toMatchObject({ addresses: ["203.0.113.0/24", "2001:db8::/32"], expires_at_ms: null });
    const rows: [story: string, remote: string, forwarded: string | undefined, outcome: number | string][] = [
      ["from its network", "203.0.113.9", undefined, 200],
      ["from its network, by IPv6", "2001:db8::9", undefined, 200],
      ["over an IPv6 socket", "::ffff:203.0.113.9", undefined, 200],
      ["from elsewhere", "198.51.100.1", undefined, "403 address_refused"],
      ["behind a trusted proxy", "192.0.2.7", "203.0.113.9", 200],
      ["behind it, from elsewhere", "192.0.2.7", "198.51.100.1", "403 address_refused"],
      ["what a client claims of itself is no news", "198.51.100.1", "203.0.113.9", "403 address_refused"],
      ["nor what it claims to the proxy", "192.0.2.7", "203.0.113.9, 198.51.100.1", "403 address_refused"],
    ];
    for (const [story, remote, forwarded, outcome] of rows)
      expect(await from(near, remote, forwarded), story).toBe(outcome);
    expect(await from({ ...near, secret: "mk_none" }, "203.0.113.9")).toBe("401 invalid_key");

    const short = await made(keys, { expires_at_ms: server.clock.now() + 60_000 });
    expect(await from(short, "198.51.100.1")).toBe(200);
    server.clock.advance(60_000);
    expect(await from(short, "198.51.100.1"), "at the instant, cached or not").toBe("401 invalid_key");

    await made(`${keys}/${near.id}`, { addresses: ["198.51.100.0/24"] });
    server.clock.advance(1_000);
    expect(await from(near, "198.51.100.1")).toBe(200);
    const wide = await made(`/v1/keys/${near.id}`, { addresses: null, products: [product.id], name: "all" }, own);
    expect(wide).toMatchObject({ addresses: null, products: [product.id], name: "all" });
    const refused: [url: string, body: unknown, headers: Record<string, string> | undefined, status: number][] = [
      [keys, { addresses: ["example.com"] }, undefined, 400],
      [keys, { addresses: [] }, undefined, 400],
      [keys, { expires_at_ms: 1 }, undefined, 400],
      [`${keys}/${near.id}`, { expires_at_ms: 1 }, undefined, 400],
      [`/admin/v1/customers/${other.customer.id}/keys/${near.id}`, { name: "mine" }, undefined, 404],
      [`/v1/keys/${near.id}`, { name: "mine" }, other.own, 404],
      [`/v1/keys/${near.id}`, { products: null }, secretOf(near), 403],
    ];
    for (const [url, body, headers, status] of refused)
      expect((await call("POST", url, body, headers)).statusCode, `${url} ${JSON.stringify(body)}`).toBe(status);
    await made(`${keys}/${near.id}/revoke`);
    expect((await call("POST", `${keys}/${near.id}`, { name: "again" })).statusCode).toBe(409);
  });

  it("a part of an invoice is credited, by its lines or an amount, and never more than it", async () => {
    const { customer } = await open();
    const item = { service: "course", description: "A day", quantity: 1, unit_amount: "90" };
    await made(`/admin/v1/customers/${customer.id}/invoice-items`, item);
    const invoice = await made(`/admin/v1/customers/${customer.id}/invoice-items/issue`);
    const credit = (body: unknown) => call("POST", `/admin/v1/invoices/${invoice.id}/credit`, body);
    const lines = [{ position: 0, amount: "15" }];
    const first = await made(`/admin/v1/invoices/${invoice.id}/credit`, { reason: "half an hour", lines });
    const note = await read(`/admin/v1/invoices/${first["credit_note"] as string}`);
    expect(note).toMatchObject({
      object: "credit_note",
      credits: invoice.id,
      total: { amount_nanos: "-15000000000" },
      lines: [{ kind: "credit" }],
    });
    expect((await credit({ reason: "too much", amount: "75.01" })).statusCode).toBe(409);
    expect((await credit({ reason: "both", amount: "1", lines })).statusCode).toBe(400);
    expect((await credit({ reason: "no such line", lines: [{ position: 9, amount: "1" }] })).statusCode).toBe(400);
    expect((await credit({ reason: "the rest" })).json()).toMatchObject({ state: "credited" });
    expect((await credit({ reason: "again" })).json()).toMatchObject({ state: "already" });
  });
});
