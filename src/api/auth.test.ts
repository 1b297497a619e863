import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLink, createUser } from "../identity/index.ts";
import { limits } from "../kernel/limits.ts";
import { createCustomer } from "../sell/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { browserHeaders, openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

const password = "correct horse battery";

describeEachEngine("signing in", (stores) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer(stores);
  });
  afterAll(() => server.close());

  const post = (url: string, payload: object, headers: Record<string, string> = {}, remoteAddress = "192.0.2.7") =>
    server.app.inject({
      method: "POST",
      url,
      payload,
      headers: { "x-millrace-request": "1", ...headers },
      remoteAddress,
    });
  const get = (url: string, headers: Record<string, string> = {}) => server.app.inject({ url, headers });
  const cookieOf = (answer: { headers: Record<string, unknown> }): string => {
    const header = String(answer.headers["set-cookie"]);
    return /millrace_session=([^;]*)/.exec(header)?.[1] ?? "";
  };
  const setUpToken = async (): Promise<string> => {
    const { store, pepper, clock } = server.deps;
    const { token } = await createLink(store, { purpose: { kind: "set_up" }, pepper, nowMs: clock.now() });
    return token.reveal();
  };
  const owner = { name: "The owner", email: "Owner@Example.com", password };

  describe("set-up", () => {
    it("needs the token that was printed, and a password that is one", async () => {
      expect((await get("/auth/v1/state")).json()).toEqual({ object: "auth_state", set_up: false, user: null });
      const token = await setUpToken();
      const rows: readonly [object, number][] = [
        [{ ...owner, token: "guess" }, 401],
        [{ ...owner, token, password: "short" }, 400],
        [{ ...owner, token, password: "aaaaaaaaaaaaaaa" }, 400],
        [{ ...owner, token, password: "password123456" }, 400],
        [{ ...owner, token, password: "owner@example.com" }, 400],
        [{ ...owner, token, email: "nobody" }, 400],
        [{ ...owner }, 400],
      ];
      for (const [body, status] of rows) {
        const seen = await post("/auth/v1/setup", body);
        expect(seen.statusCode, seen.body).toBe(status);
        expect(cookieOf(seen)).toBe("");
      }
    });
    it("of several at once one makes the owner, and it stays the only one", async () => {
      const tokens = [await setUpToken(), await setUpToken(), await setUpToken()];
      const all = await Promise.all(
        [0, 1, 2, 0, 1].map((at) =>
          post("/auth/v1/setup", { ...owner, email: `owner${at}@example.com`, token: tokens[at] }),
        ),
      );
      expect(all.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1);
      expect(all.every(({ statusCode }) => [201, 401, 409].includes(statusCode))).toBe(true);
      const users = await server.app.inject({ url: "/admin/v1/users", headers: server.operator });
      expect(users.json<{ data: unknown[] }>().data).toHaveLength(1);
      expect((await post("/auth/v1/setup", { ...owner, token: await setUpToken() })).statusCode).toBe(409);
      expect((await get("/auth/v1/state")).json()).toMatchObject({ set_up: true, user: null });
    });
  });

  const addUser = async (email: string): Promise<string> => {
    const { store, passwords, clock } = server.deps;
    const passwordHash = await passwords.hash(password);
    const realm = { kind: "team", role: "engineer" } as const;
    const user = { realm, email, name: "An engineer", passwordHash, nowMs: clock.now() };
    return (await createUser(store, user)).id;
  };

  it("gives a cookie that no script reads and no other site sends, and says what one may do", async () => {
    await addUser("engineer@example.com");
    const seen = await post("/auth/v1/sign-in", { email: " ENGINEER@example.com", password });
    expect(seen.statusCode, seen.body).toBe(200);
    expect(seen.headers["set-cookie"]).toMatch(
      /^millrace_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    expect(seen.headers["cache-control"]).toBe("no-store");
    const headers = browserHeaders(cookieOf(seen));
    const { user } = (await get("/auth/v1/state", headers)).json<{ user: Record<string, unknown> }>();
    expect(user).toMatchObject({
      email: "engineer@example.com",
      realm: "team",
      role: "engineer",
      totp: false,
      passkeys: 0,
      areas: { train: "write", sell: "read", money: "none" },
    });
    expect(JSON.stringify(user)).not.toMatch(/hash|scrypt/);
    expect((await get("/admin/v1/recipes", headers)).statusCode).toBe(200);
    const out = await post("/auth/v1/sign-out", {}, headers);
    expect(out.headers["set-cookie"]).toMatch(/millrace_session=; .*Max-Age=0/);
    expect((await get("/admin/v1/recipes", headers)).statusCode).toBe(401);
  });

  it("over https, as a proxy we trust says it, the cookie is bound to this host", async () => {
    await addUser("tls@example.com");
    const { app, deps } = server;
    const secure = { ...deps, publicUrl: "https://millrace.example" };
    const { buildServer, allRoutes } = await import("./index.ts");
    const other = await buildServer(secure, { logger: false, routes: allRoutes });
    const headers = { "x-millrace-request": "1", origin: "https://millrace.example" };
    const payload = { email: "tls@example.com", password };
    const seen = await other.inject({ method: "POST", url: "/auth/v1/sign-in", headers, payload });
    expect(seen.headers["set-cookie"]).toMatch(/^__Host-millrace_session=.*; Secure$/);
    expect(seen.headers["strict-transport-security"]).toMatch(/max-age/);
    const value = cookieOf(seen);
    const state = async (cookie: string): Promise<unknown> =>
      (await other.inject({ url: "/auth/v1/state", headers: { cookie } })).json<{ user: unknown }>().user;
    expect(await state(`__Host-millrace_session=${value}`)).not.toBeNull();
    // a name that another host of the domain could have set
    expect(await state(`millrace_session=${value}`)).toBeNull();
    await other.close();
    expect(app).toBeDefined();
  });

  describe("a forged request", () => {
    const rows: readonly [story: string, headers: Record<string, string>, status: number][] = [
      ["our own page", { "x-millrace-request": "1", origin: "http://localhost:80" }, 201],
      ["a browser without Origin", { "x-millrace-request": "1" }, 201],
      ["a form of another site, which can set no header", { origin: "https://evil.example" }, 403],
      ["no header at all", {}, 403],
      ["another origin with our header", { "x-millrace-request": "1", origin: "https://evil.example" }, 403],
      ["a sandboxed frame", { "x-millrace-request": "1", origin: "null" }, 403],
      ["a host that begins like ours", { "x-millrace-request": "1", origin: "http://localhost.evil.example" }, 403],
      ["a browser that says cross-site", { "x-millrace-request": "1", "sec-fetch-site": "cross-site" }, 403],
      ["a sister host", { "x-millrace-request": "1", "sec-fetch-site": "same-site" }, 403],
    ];
    it.each(rows)("%s", async (story, headers, status) => {
      const { headers: own } = await openBrowser(server, { kind: "team", role: "owner" }, story);
      const seen = await server.app.inject({
        method: "POST",
        url: "/admin/v1/partners",
        headers: { cookie: own.cookie, host: "localhost:80", ...headers },
        payload: { name: story, commission_basis_points: 1 },
      });
      expect(seen.statusCode, seen.body).toBe(status);
    });
    it("does not sign anybody in or out either", async () => {
      for (const url of ["/auth/v1/sign-in", "/auth/v1/setup", "/auth/v1/sign-in-links/use", "/auth/v1/sign-out"]) {
        const seen = await server.app.inject({ method: "POST", url, payload: {} });
        expect([url, seen.statusCode]).toEqual([url, 403]);
      }
    });
    it("a program with a key needs none of it, and a cookie beside a wrong key does not help", async () => {
      const { headers } = await openBrowser(server, { kind: "team", role: "owner" }, "with a key");
      const payload = { name: "By key", commission_basis_points: 1 };
      const byKey = { method: "POST", url: "/admin/v1/partners", payload } as const;
      expect((await server.app.inject({ ...byKey, headers: server.operator })).statusCode).toBe(201);
      const wrong = { ...headers, authorization: "Bearer mo_wrong" };
      expect((await server.app.inject({ ...byKey, headers: wrong })).statusCode).toBe(401);
    });
  });

  describe("somebody who guesses", () => {
    it("gets the same answer for an unknown address, a wrong password and a disabled user", async () => {
      const id = await addUser("disabled@example.com");
      await server.app.inject({ method: "POST", url: `/admin/v1/users/${id}/disable`, headers: server.operator });
      await addUser("known@example.com");
      const answers = new Set<string>();
      for (const [email, tried] of [
        ["unknown@example.com", password],
        ["known@example.com", "wrong password"],
        ["disabled@example.com", password],
      ] as const) {
        const seen = await post("/auth/v1/sign-in", { email, password: tried });
        const { error } = seen.json<{ error: Record<string, unknown> }>();
        answers.add(JSON.stringify([seen.statusCode, { ...error, request_id: "" }]));
      }
      expect([...answers]).toHaveLength(1);
      expect([...answers][0]).toContain("invalid_key");
    });

    it("waits longer and longer, whether the account exists or not, and cannot try all at once", async () => {
      for (const email of ["engineer2@example.com", "nobody2@example.com"]) {
        if (email.startsWith("engineer")) await addUser(email);
        let at = 0;
        const guess = () => post("/auth/v1/sign-in", { email, password: "a wrong one" }, {}, `198.51.100.${at++}`);
        const burst = await Promise.all(Array.from({ length: 20 }, guess));
        const compared = burst.filter(({ statusCode }) => statusCode === 401);
        expect(compared).toHaveLength(6); // five free, the sixth starts the waiting
        expect(burst.filter(({ statusCode }) => statusCode === 429)).toHaveLength(14);
        const waits: number[] = [];
        for (let i = 0; i < 10; i++) {
          const refused = await guess();
          expect(refused.json()).toMatchObject({ error: { code: "rate_limited" } });
          const seconds = Number(refused.headers["retry-after"]);
          waits.push(seconds);
          server.clock.advance(seconds * 1000);
          expect((await guess()).statusCode).toBe(401);
        }
        expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
      }
    });

    it("is waited for by the owner of the account, whom a link lets in at once", async () => {
      const { clock } = server;
      const { store, pepper } = server.deps;
      const id = await addUser("victim@example.com");
      for (let i = 0; i < 8; i++) {
        await post("/auth/v1/sign-in", { email: "victim@example.com", password: "x" }, {}, `203.0.113.${i}`);
      }
      expect((await post("/auth/v1/sign-in", { email: "victim@example.com", password })).statusCode).toBe(429);
      const purpose = { kind: "sign_in", user: id as `usr_${string}` } as const;
      const { token } = await createLink(store, { purpose, pepper, nowMs: clock.now() });
      expect((await post("/auth/v1/sign-in-links/use", { token: token.reveal() })).statusCode).toBe(200);
      clock.advance(300_000);
      expect((await post("/auth/v1/sign-in", { email: "victim@example.com", password })).statusCode).toBe(200);
      // and then the count begins anew
      for (let i = 0; i < 5; i++) {
        const seen = await post("/auth/v1/sign-in", { email: "victim@example.com", password: "x" });
        expect(seen.statusCode).toBe(401);
      }
    });

    it("tries one password on many accounts: its address waits, others do not, and it cannot buy time", async () => {
      await addUser("mine@example.com");
      const spray = (i: number) =>
        post("/auth/v1/sign-in", { email: `target${i}@example.com`, password: "Summer2026" }, {}, "2001:db8:1:2::5");
      for (let i = 0; i < 31; i++) expect((await spray(i)).statusCode).toBe(401);
      expect((await spray(31)).statusCode).toBe(429);
      // the same network, and an address of another
      const from = (address: string) => post("/auth/v1/sign-in", { email: "mine@example.com", password }, {}, address);
      expect((await from("2001:db8:1:2:ffff::9")).statusCode).toBe(429);
      expect((await from("2001:db8:1:3::5")).statusCode).toBe(200);
      // one's own success between two guesses gives no free guess
      server.clock.advance(1_000);
      expect((await from("2001:db8:1:2::5")).statusCode).toBe(200);
      expect((await spray(32)).statusCode).toBe(401);
      expect((await spray(33)).headers["retry-after"]).toBe("2");
    });

    it("finds no link and no cookie by guessing, and a link works once, for a while", async () => {
      const { clock } = server;
      const { store, pepper } = server.deps;
      const user = (await addUser("links@example.com")) as `usr_${string}`;
      const linked = async (forMs: number): Promise<string> => {
        const purpose = { kind: "sign_in", user } as const;
        return (await createLink(store, { purpose, forMs, pepper, nowMs: clock.now() })).token.reveal();
      };
      const use = (token: string) => post("/auth/v1/sign-in-links/use", { token }, {}, "203.0.113.99");
      const token = await linked(60_000);
      const both = await Promise.all([use(token), use(token)]);
      expect(both.map(({ statusCode }) => String(statusCode)).sort()).toEqual(["200", "401"]);
      const late = await linked(60_000);
      clock.advance(60_000);
      expect((await use(late)).statusCode).toBe(401);
      expect((await use(await setUpToken())).statusCode).toBe(401);
      const own = await linked(60_000);
      await server.app.inject({ method: "POST", url: `/admin/v1/users/${user}/disable`, headers: server.operator });
      expect((await use(own)).statusCode).toBe(401);
    });
  });

  describe("a session", () => {
    const state = async (headers: Record<string, string>): Promise<unknown> =>
      (await get("/auth/v1/state", headers)).json<{ user: unknown }>().user;

    it("that an attacker planted before is not the one that signs in", async () => {
      await addUser("fixed@example.com");
      const planted = "A".repeat(43);
      const seen = await post(
        "/auth/v1/sign-in",
        { email: "fixed@example.com", password },
        { cookie: `millrace_session=${planted}` },
      );
      expect(cookieOf(seen)).not.toBe(planted);
      expect(await state(browserHeaders(planted))).toBeNull();
      // and with two cookies of one name, of which one is planted, nobody is signed in
      const two = `millrace_session=${planted}; millrace_session=${cookieOf(seen)}`;
      expect(await state({ cookie: two })).toBeNull();
    });
    it("of the same browser ends when somebody signs in again", async () => {
      await addUser("twice@example.com");
      const first = cookieOf(await post("/auth/v1/sign-in", { email: "twice@example.com", password }));
      const cookie = { cookie: `millrace_session=${first}` };
      const second = cookieOf(await post("/auth/v1/sign-in", { email: "twice@example.com", password }, cookie));
      expect(second).not.toBe(first);
      expect(await state(browserHeaders(first))).toBeNull();
      expect(await state(browserHeaders(second))).not.toBeNull();
    });
    it("ends when it is not used, and at its end although it is used", async () => {
      const idle = await openBrowser(server, { kind: "team", role: "owner" }, "idle");
      server.clock.advance(limits.sessionIdleMs - 1);
      expect(await state(idle.headers)).not.toBeNull();
      server.clock.advance(limits.sessionIdleMs);
      expect(await state(idle.headers)).toBeNull();
      const busy = await openBrowser(server, { kind: "team", role: "owner" }, "busy");
      const hour = 3_600_000;
      for (let hours = 1; hours < limits.sessionMsMax / hour; hours++) {
        server.clock.advance(hour);
        expect(await state(busy.headers)).not.toBeNull();
      }
      server.clock.advance(hour);
      expect(await state(busy.headers)).toBeNull();
    });
    it("is listed to its user only, who may end it; another's is not found", async () => {
      await addUser("lists@example.com");
      const signInBody = { email: "lists@example.com", password };
      const here = browserHeaders(cookieOf(await post("/auth/v1/sign-in", signInBody, { "user-agent": "Here\u00e9" })));
      server.clock.advance(1);
      const there = browserHeaders(cookieOf(await post("/auth/v1/sign-in", signInBody, { "user-agent": "There" })));
      const { data } = (await get("/auth/v1/sessions", here)).json<{ data: Record<string, unknown>[] }>();
      expect(data.map(({ device, current, address }) => [device, current, address])).toEqual([
        ["There", false, "192.0.2.7"],
        ["Here", true, "192.0.2.7"],
      ]);
      const stranger = await openBrowser(server, { kind: "team", role: "owner" }, "a stranger");
      const url = `/auth/v1/sessions/${String(data[0]?.["id"])}/revoke`;
      expect((await post(url, {}, stranger.headers)).statusCode).toBe(404);
      expect((await post(url, {}, here)).statusCode).toBe(200);
      expect(await state(there)).toBeNull();
      expect(await state(here)).not.toBeNull();
    });
    it("ends everywhere else at once, for nobody else", async () => {
      await addUser("elsewhere@example.com");
      const body = { email: "elsewhere@example.com", password };
      const [here = {}, ...there] = await Promise.all(
        [1, 2, 3].map(async () => browserHeaders(cookieOf(await post("/auth/v1/sign-in", body)))),
      );
      const stranger = await openBrowser(server, { kind: "team", role: "owner" }, "somebody else");
      expect((await post("/auth/v1/sessions/revoke-others", {}, here)).json()).toMatchObject({ count: 2 });
      expect(await Promise.all(there.map(state))).toEqual([null, null]);
      expect(await state(here)).not.toBeNull();
      expect(await state(stranger.headers)).not.toBeNull();
    });
    it("is new after the password was changed, and all others are over", async () => {
      await addUser("changes@example.com");
      const body = { email: "changes@example.com", password };
      const here = browserHeaders(cookieOf(await post("/auth/v1/sign-in", body)));
      const there = browserHeaders(cookieOf(await post("/auth/v1/sign-in", body)));
      const change = (old: string, next: string) => post("/auth/v1/password", { old, new: next }, here);
      expect((await change("wrong", "another good one")).statusCode).toBe(401);
      expect((await change(password, "short")).statusCode).toBe(400);
      expect((await post("/auth/v1/password", { new: "another good one" }, here)).statusCode).toBe(401);
      const done = await change(password, "another good one");
      expect(done.statusCode, done.body).toBe(200);
      expect(await Promise.all([state(here), state(there)])).toEqual([null, null]);
      expect(await state(browserHeaders(cookieOf(done)))).not.toBeNull();
      expect((await post("/auth/v1/sign-in", body)).statusCode).toBe(401);
      expect((await post("/auth/v1/sign-in", { ...body, password: "another good one" })).statusCode).toBe(200);
    });
    it("of a disabled user is over, also when the user is enabled again", async () => {
      const gone = await openBrowser(server, { kind: "team", role: "analyst" }, "gone");
      for (const verb of ["disable", "enable"]) {
        const url = `/admin/v1/users/${gone.user.id}/${verb}`;
        expect((await server.app.inject({ method: "POST", url, headers: server.operator })).statusCode).toBe(200);
        expect(await state(gone.headers)).toBeNull();
      }
    });
  });

  it("the last owner can neither be disabled nor lose the role, also when two owners do it to each other", async () => {
    const list = await server.app.inject({ url: "/admin/v1/users?realm=team&limit=100", headers: server.operator });
    const owners = list.json<{ data: { id: string; role: string }[] }>().data.filter(({ role }) => role === "owner");
    const act = (id: string, verb: string, payload: object) =>
      server.app.inject({ method: "POST", url: `/admin/v1/users/${id}/${verb}`, headers: server.operator, payload });
    for (const { id } of owners.slice(2)) expect((await act(id, "disable", {})).statusCode).toBe(200);
    const [first, second] = owners;
    const both = await Promise.all([
      act(first!.id, "change-role", { role: "analyst" }),
      act(second!.id, "change-role", { role: "analyst" }),
    ]);
    expect(both.map(({ statusCode }) => String(statusCode)).sort()).toEqual(["200", "409"]);
    const last = both[0]?.statusCode === 200 ? second : first;
    expect((await act(last!.id, "disable", {})).statusCode).toBe(409);
  });

  it("a customer's link opens its portal and nothing of the team's or of the paid plane", async () => {
    const { store, clock } = server.deps;
    const terms = { kind: "prepaid" } as const;
    const customer = await createCustomer(store, { name: "Mill", currency: "usd", terms, nowMs: clock.now() });
    const url = `/admin/v1/customers/${customer.id}/portal-links`;
    const made = await server.app.inject({ method: "POST", url, headers: server.operator, payload: {} });
    const link = made.json<{ url: string; user: Record<string, unknown> }>();
    expect(link.user).toMatchObject({ realm: "customer", customer: customer.id, email: null });
    const token = link.url.split("#")[1];
    const opened = await post("/auth/v1/sign-in-links/use", { token });
    const headers = browserHeaders(cookieOf(opened));
    expect((await get("/portal/v1/balance", headers)).json()).toMatchObject({ object: "balance" });
    const key = await post("/portal/v1/keys", { name: "from the portal" }, headers);
    expect(key.statusCode, key.body).toBe(201);
    const forged = {
      method: "POST",
      url: "/portal/v1/keys",
      payload: {},
      headers: { cookie: headers.cookie },
    } as const;
    expect((await server.app.inject(forged)).statusCode).toBe(403);
    for (const closed of ["/admin/v1/customers", "/partner/v1/partner"]) {
      expect((await get(closed, headers)).statusCode).toBe(403);
    }
    expect((await get("/v1/balance", headers)).statusCode).toBe(401);
    // an address that is a team member's is not taken over by inviting it
    const taken = {
      method: "POST",
      url,
      headers: server.operator,
      payload: { email: "engineer@example.com" },
    } as const;
    expect((await server.app.inject(taken)).statusCode).toBe(409);
  });

  it("what was changed is told in the audit log, by whom and from where, and nothing that was sent", async () => {
    const chief = await openBrowser(server, { kind: "team", role: "owner" }, "chief");
    const made = await post("/admin/v1/partners", { name: "Told", commission_basis_points: 1 }, chief.headers);
    const partner = made.json<{ id: string }>().id;
    await post("/admin/v1/partners", { name: "", commission_basis_points: 1 }, chief.headers);
    const { data } = (await get(`/admin/v1/audit-events?actor=${chief.user.id}`, chief.headers)).json<{
      data: Record<string, unknown>[];
    }>();
    expect(data).toHaveLength(1); // what the schema refuses reaches nothing that could change
    expect(data[0]).toMatchObject({
      actor: { kind: "user", id: chief.user.id, name: "chief" },
      action: "POST /admin/v1/partners",
      object_id: partner,
      address: "192.0.2.7",
      request_id: made.headers["x-request-id"],
      status: 201,
    });
    expect(JSON.stringify(data)).not.toContain("Told");
    const signIns = (await get("/admin/v1/audit-events?limit=100", chief.headers)).json<{
      data: { action: string; status: number; actor: { kind: string } }[];
    }>();
    const tried = signIns.data.filter(({ action }) => action === "POST /auth/v1/sign-in");
    expect(new Set(tried.map(({ status, actor }) => `${status} ${actor.kind}`))).toEqual(
      new Set(["200 user", "401 nobody"]),
    );
  });
});
