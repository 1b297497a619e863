import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPartner } from "../channel/index.ts";
import { createCustomer, createKey } from "../sell/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { allRoutes } from "./index.ts";
import type { Who } from "./route.ts";
import { arbitraryOf, bentOf, jsonSchemaOf } from "./testing/from-schema.ts";
import { type Browser, openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

const runsPerRoute = 25;

/** Whatever is sent, the answer is an answer or a refusal that says what is wrong: never a 500. */
describeEachEngine("bodies, parameters and queries at random", (stores) => {
  let server: TestServer;
  let customerKey = "";
  let browsers: { readonly [W in "portal" | "partner" | "user"]: Browser["headers"] };
  beforeAll(async () => {
    server = await openTestServer(stores);
    const { store, clock, pepper } = server.deps;
    const nowMs = clock.now();
    const terms = { kind: "prepaid" } as const;
    const customer = await createCustomer(store, { name: "Fuzzer", currency: "usd", terms, nowMs });
    customerKey = (await createKey(store, { customer: customer.id, name: "test", pepper, nowMs })).secret.reveal();
    const partner = await createPartner(store, {
      name: "Fuzzer",
      channel: "referral",
      commissionBasisPoints: 1,
      nowMs,
    });
    browsers = {
      portal: (await openBrowser(server, { kind: "customer", customer: customer.id }, "of a customer")).headers,
      partner: (await openBrowser(server, { kind: "partner", partner: partner.id }, "of a partner")).headers,
      user: (await openBrowser(server, { kind: "team", role: "reviewer" }, "of the team")).headers,
    };
  });
  afterAll(() => server.close());

  const headersFor = (who: Who): Record<string, string> => {
    if (who === "operator") return server.operator;
    if (who === "customer") return { authorization: `Bearer ${customerKey}` };
    if (who === "portal" || who === "partner" || who === "user") return { ...browsers[who] };
    return { "x-millrace-request": "1" };
  };
  const send = async (route: (typeof allRoutes)[number], url: string, payload: string | undefined) => {
    const { statusCode, body } = await server.app.inject({
      method: route.method,
      url,
      headers: { ...headersFor(route.who), "content-type": "application/json" },
      ...(payload === undefined ? {} : { payload }),
    });
    expect(statusCode, `${route.method} ${url} ${payload ?? ""}\n${body}`).not.toBe(500);
    if (statusCode >= 400) expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringMatching(/\S/) } });
  };
  const plainUrl = (path: string): string => path.replace(/:\w+/g, "nothing");

  const posts = allRoutes.filter(({ method, body }) => method === "POST" && body);
  it("looked at many routes", () => expect(posts.length).toBeGreaterThan(20));

  describe("bodies", () => {
    it.each(posts.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", async (_name, route) => {
      const schema = jsonSchemaOf(route.body ?? fail());
      const json = fc.oneof(arbitraryOf(schema), bentOf(schema), fc.jsonValue()).map((value) => JSON.stringify(value));
      const bytes = fc.oneof({ weight: 6, arbitrary: json }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) });
      const property = fc.asyncProperty(bytes, (payload) => send(route, plainUrl(route.path), payload));
      await expect(fc.assert(property, { numRuns: runsPerRoute, seed: 4 })).resolves.toBeUndefined();
    });
  });

  const named = allRoutes.filter(({ path }) => path.includes(":"));
  const strangeNames = [
    "%00",
    "%ff",
    "..%2f..%2fetc",
    "'%20or%201=1%20--",
    "%F0%9F%92%A9",
    "a".repeat(90),
    "-1",
    "null",
  ];
  it.each(named.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "names in the path: %s",
    async (_name, route) => {
      for (const name of strangeNames) {
        await expect(send(route, route.path.replace(/:\w+/g, name), undefined)).resolves.toBeUndefined();
      }
    },
  );

  const asked = allRoutes.filter(({ query }) => query);
  it.each(asked.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "queries: %s",
    async (_name, route) => {
      const names = Object.keys(jsonSchemaOf(route.query ?? fail()).properties ?? {});
      const value = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("\0", "-1", "1e9", "99999999999999999999", "[]"),
      );
      const query = fc.dictionary(fc.constantFrom(...names, "unknown"), value, { maxKeys: 3 });
      const property = fc.asyncProperty(query, (pairs) =>
        send(route, `${plainUrl(route.path)}?${new URLSearchParams(pairs).toString()}`, undefined),
      );
      await expect(fc.assert(property, { numRuns: runsPerRoute, seed: 5 })).resolves.toBeUndefined();
    },
  );
});

function fail(): never {
  throw new Error("the route has no such schema");
}
