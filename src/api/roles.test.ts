import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Access, type Area, type Role, areas, roleNames, roles } from "../identity/index.ts";
import { sqliteStores } from "../store/testing/engines.ts";
import { allRoutes } from "./index.ts";
import { type Browser, openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

/** Written by hand beside the table in the code: o(wner) e(ngineer) a(nalyst) r(eviewer) f(inance) read-(o)nly. */
const expected: { readonly [A in Area]: { readonly [R in Role]: Access } } = {
  data: row("write", "write", "write", "read", "none"),
  review: row("write", "write", "write", "write", "none"),
  train: row("write", "write", "read", "none", "none"),
  models: row("write", "write", "read", "none", "none"),
  endpoints: row("write", "write", "read", "none", "read"),
  sell: row("write", "read", "read", "none", "write"),
  money: row("write", "none", "read", "none", "write"),
  channels: row("write", "none", "read", "none", "write"),
  insight: row("write", "read", "write", "none", "read"),
  settings: row("write", "write", "none", "none", "read"),
  team: row("write", "none", "none", "none", "none"),
};

function row(owner: Access, engineer: Access, analyst: Access, reviewer: Access, finance: Access) {
  return { owner, engineer, analyst, reviewer, finance, read_only: "read" as const };
}

describe("roles", () => {
  let server: TestServer;
  const browsers = new Map<Role, Browser>();
  beforeAll(async () => {
    server = await openTestServer(sqliteStores);
    for (const role of roleNames) browsers.set(role, await openBrowser(server, { kind: "team", role }, `a ${role}`));
  });
  afterAll(() => server.close());

  it("are as the table says", () => {
    for (const area of areas) for (const role of roleNames) expect(roles[role][area]).toBe(expected[area][role]);
  });

  /** A stream does not end; its own test listens to it. */
  const ending = (path: string): boolean => path !== "/admin/v1/live";
  const teamRoutes = allRoutes.filter(({ path }) => path.startsWith("/admin/"));
  it("each route of the team's plane has an area, and each area has routes", () => {
    expect(teamRoutes.length).toBeGreaterThan(100);
    expect(teamRoutes.filter(({ who, area }) => who !== "operator" || area === undefined)).toEqual([]);
    expect(new Set(teamRoutes.map(({ area }) => area))).toEqual(new Set([...areas, "any"]));
    const forAll = teamRoutes.filter(({ area }) => area === "any").map(({ path }) => path);
    expect(forAll.sort()).toEqual(["/admin/v1/live", "/admin/v1/search", "/admin/v1/wheel"]);
  });
  it("a POST that needs no more than to read says so on purpose", () => {
    const previews = teamRoutes.filter(({ method, access }) => method === "POST" && access === "read");
    expect(previews.map(({ path }) => path).sort()).toEqual([
      "/admin/v1/doctor",
      "/admin/v1/doctor/cancel",
      "/admin/v1/endpoints/:name/try",
      "/admin/v1/endpoints/:name/try-writing",
      "/admin/v1/models/:id/explain",
      "/admin/v1/payments/reconcile",
      "/admin/v1/prices/preview",
      "/admin/v1/products/:id/simulate",
    ]);
    expect(teamRoutes.filter(({ method, access }) => method === "GET" && access !== undefined)).toEqual([]);
  });

  it.each(
    teamRoutes.filter(({ path }) => ending(path)).map((route) => [`${route.method} ${route.path}`, route] as const),
  )("%s", async (_name, route) => {
    const needed = route.access ?? (route.method === "GET" ? "read" : "write");
    for (const role of roleNames) {
      const given = route.area === "any" ? "read" : expected[route.area ?? "team"][role];
      const isOpen = given === "write" || (given === "read" && needed === "read");
      const seen = await server.app.inject({
        method: route.method,
        url: route.path.replace(/:\w+/g, "nothing"),
        headers: browsers.get(role)?.headers ?? {},
        ...(route.method === "POST" ? { payload: { no_such_field: 1 } } : {}),
      });
      const isRefused = seen.statusCode === 403;
      expect(isRefused, `${role}: ${seen.statusCode} ${seen.body}`).toBe(!isOpen);
      expect(seen.statusCode).not.toBe(401);
    }
  });

  it("counts as it is now: who loses a role is signed out, who has another sees other things", async () => {
    const person = await openBrowser(server, { kind: "team", role: "finance" }, "somebody");
    const see = async (url: string, headers: Browser["headers"]): Promise<number> =>
      (await server.app.inject({ url, headers })).statusCode;
    expect(await see("/admin/v1/payments", person.headers)).toBe(200);
    const url = `/admin/v1/users/${person.user.id}/change-role`;
    const headers = browsers.get("owner")?.headers ?? {};
    const changed = await server.app.inject({ method: "POST", url, headers, payload: { role: "reviewer" } });
    expect(changed.json()).toMatchObject({ role: "reviewer" });
    expect(await see("/admin/v1/payments", person.headers)).toBe(401);
  });
});
