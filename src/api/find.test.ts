import { afterAll, beforeAll, expect, it } from "vitest";
import type { Role } from "../identity/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

describeEachEngine("finding things", (stores) => {
  let server: TestServer;
  const make = async (url: string, payload: object): Promise<void> => {
    const answer = await server.app.inject({ method: "POST", url, payload, headers: server.operator });
    expect(answer.statusCode, answer.body).toBe(201);
  };
  beforeAll(async () => {
    server = await openTestServer(stores);
    await make("/admin/v1/customers", { name: "Harbour Mail", terms: { kind: "prepaid" } });
    await make("/admin/v1/partners", { name: "Harbour partners", commission_basis_points: 1 });
    await make("/admin/v1/datasets", { name: "harbour-mails" });
  });
  afterAll(() => server.close());

  it("shows each role what it may see, and strangers nothing", async () => {
    const find = (headers: Record<string, string>, q = "harbour") =>
      server.app.inject({ url: `/admin/v1/search?q=${encodeURIComponent(q)}`, headers });
    const rows: readonly [Role, readonly string[]][] = [
      ["owner", ["customer", "dataset", "partner"]],
      ["engineer", ["customer", "dataset"]],
      ["reviewer", ["dataset"]],
      ["finance", ["customer", "partner"]],
    ];
    for (const [role, kinds] of rows) {
      const { headers } = await openBrowser(server, { kind: "team", role }, `find by ${role}`);
      const { data } = (await find(headers)).json<{ data: { kind: string }[] }>();
      expect(
        data.map(({ kind }) => kind),
        role,
      ).toEqual(kinds);
    }
    expect((await find({})).statusCode).toBe(401);
    expect((await find(server.operator, " ")).statusCode).toBe(400);
    expect((await find(server.operator, "x".repeat(101))).statusCode).toBe(400);
  });
});
