import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEachEngine } from "../store/testing/engines.ts";
import { allRoutes } from "./index.ts";
import type { Route } from "./route.ts";
import { type JsonSchema, arbitraryOf, jsonSchemaOf } from "./testing/from-schema.ts";
import { openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";
import { type Tenant, everyRow, openTenants, textOf } from "./testing/tenants.ts";

/**
 * Every route, called by one tenant with the other's ids in every place that takes a name: what comes back says nothing
 * of the other, nothing of the other's changes, and an id in the path is not found. Routes that are added later are
 * called as well.
 */
describeEachEngine("another tenant's objects", (stores) => {
  let server: TestServer;
  let mine: Tenant;
  let theirs: Tenant;
  beforeAll(async () => {
    server = await openTestServer(stores);
    [mine, theirs] = await openTenants(server);
  });
  afterAll(() => server.close());

  const call = async (route: Route, url: string, headers: Record<string, string>, payload?: unknown) => {
    const body = payload === undefined ? {} : { payload: JSON.stringify(payload) };
    const sent = { ...headers, "content-type": "application/json" };
    return server.app.inject({ method: route.method, url, headers: sent, ...body });
  };
  const rowsOf = async (tenant: Tenant): Promise<string[]> =>
    (await everyRow(server.deps.store))
      .map(textOf)
      .filter((text) => [...tenant.ids, ...tenant.marks].some((word) => text.includes(word)))
      .filter((text) => !text.includes(mine.customer)) // one's own rows may say any word
      .sort();
  /** One call with the other's id at one place: silent about the other. */
  const tellsNothing = (seen: { statusCode: number; body: string }, asked: string, what: string): void => {
    const told = [...theirs.ids, ...theirs.marks].filter((word) => word !== asked && seen.body.includes(word));
    expect(told, `${what} told of the other tenant: ${seen.body}`).toEqual([]);
  };

  // reads before writes: what one writes oneself may say any word, and is read again
  const isRead = ({ method }: Route): number => (method === "GET" ? 0 : 1);
  const customerRoutes = allRoutes
    .filter(({ who }) => who === "customer" || who === "portal" || who === "user")
    .sort((a, b) => isRead(a) - isRead(b));
  /** A browser of its own for each route: some of them end the session. */
  const headersOf = async ({ who, method, path }: Route): Promise<Record<string, string>> => {
    if (who === "customer") return { ...mine.headers };
    const { headers } = await openBrowser(server, { kind: "customer", customer: mine.customer }, `${method} ${path}`);
    return { ...headers };
  };
  it("looked at routes and at ids of many kinds", () => {
    expect(customerRoutes.length).toBeGreaterThan(9);
    const kinds = new Set(theirs.ids.map((id) => id.split("_")[0]));
    expect([...kinds]).toEqual(expect.arrayContaining(["cus", "inv", "key", "pred", "sub", "use"]));
    expect(theirs.ids.some((id) => mine.ids.includes(id))).toBe(false);
  });

  describe("a customer", () => {
    it.each(customerRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
      "%s",
      async (name, route) => {
        const before = await rowsOf(theirs);
        const headers = await headersOf(route);
        const bodies = fc.sample(route.body ? arbitraryOf(jsonSchemaOf(route.body)) : fc.constant(undefined), {
          numRuns: 3,
          seed: 1,
        });
        const found: string[] = [];
        for (const id of theirs.ids) {
          for (const body of route.path.includes(":") ? bodies : []) {
            const seen = await call(route, route.path.replace(/:\w+/g, id), headers, body);
            tellsNothing(seen, id, `${name} with ${id} in the path`);
            if (![404, 400, 422].includes(seen.statusCode)) found.push(`${id}: ${seen.body}`);
          }
          for (const field of namesIn(route.query)) {
            const seen = await call(route, `${plain(route.path)}?${field}=${id}`, headers, bodies[0]);
            tellsNothing(seen, id, `${name} with ${field}=${id} in the query`);
          }
          for (const field of namesIn(route.body)) {
            for (const body of bodies) {
              const seen = await call(route, plain(route.path), headers, { ...(body as object), [field]: id });
              tellsNothing(seen, id, `${name} with ${field}: ${id} in the body`);
            }
          }
        }
        expect(found, `${name} found another tenant's`).toEqual([]);
        expect(await rowsOf(theirs), `${name} changed what is the other tenant's`).toEqual(before);
      },
    );
  });

  const operatorRoutes = allRoutes.filter(({ who }) => who === "operator");
  it.each(operatorRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "a customer's key and a customer's session open none of the team's routes: %s",
    async (_name, route) => {
      for (const { headers, browser, customer } of [mine, theirs]) {
        for (const sent of [headers, browser]) {
          const url = route.path.replace(/:\w+/g, customer);
          const seen = await call(route, url, { ...sent }, route.body ? {} : undefined);
          expect([401, 403]).toContain(seen.statusCode);
        }
      }
    },
  );

  it("the team does not reach one customer's objects through another customer", async () => {
    const nested = operatorRoutes.filter(
      ({ path }) => path.startsWith("/admin/v1/customers/:id/") && /:id.*:/.test(path),
    );
    expect(nested.length).toBeGreaterThan(0);
    const before = await rowsOf(theirs);
    for (const route of nested) {
      for (const id of theirs.ids) {
        const url = route.path.replace(":id", mine.customer).replace(/:\w+/g, id);
        const seen = await call(route, url, server.operator, route.body ? {} : undefined);
        expect([404, 400], `${route.method} ${url}: ${seen.body}`).toContain(seen.statusCode);
      }
    }
    expect(await rowsOf(theirs)).toEqual(before);
  });
});

const plain = (path: string): string => path.replace(/:\w+/g, "nothing");

/** Fields that may hold a name: all that take a text. */
function namesIn(shape: Route["body"]): string[] {
  if (!shape) return [];
  return Object.entries(jsonSchemaOf(shape).properties ?? {}).flatMap(([name, schema]) =>
    takesText(schema) ? [name] : [],
  );
}

function takesText({ type, anyOf = [], oneOf = [], pattern }: JsonSchema): boolean {
  return (type === "string" && pattern === undefined) || [...anyOf, ...oneOf].some(takesText);
}
