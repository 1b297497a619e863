import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUser } from "../identity/index.ts";
import { openAuthenticator } from "../identity/testing/authenticator.ts";
import { codeAt, fromBase32, stepAt } from "../identity/testing/codes.ts";
import { limits } from "../kernel/limits.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { browserHeaders } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

const password = "correct horse battery";
const site = "http://localhost:80";

describeEachEngine("second factors", (stores) => {
  let server: TestServer;
  let people = 0;
  beforeAll(async () => {
    server = await openTestServer(stores);
  });
  afterAll(() => server.close());

  const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: "POST",
      url: `/auth/v1/${url}`,
      remoteAddress: `192.0.2.${people}`,
      payload,
      headers: { "x-millrace-request": "1", host: "localhost:80", ...headers },
    });
  const headersOf = (answer: { headers: Record<string, unknown> }) =>
    browserHeaders(/session=([^;]*)/.exec(String(answer.headers["set-cookie"]))?.[1] ?? "");
  const signIn = (email: string, code?: string) => post("sign-in", { email, password, ...(code ? { code } : {}) });
  const newcomer = async () => {
    const { store, passwords, clock } = server.deps;
    const email = `person${people++}@example.com`;
    const realm = { kind: "team", role: "analyst" } as const;
    const passwordHash = await passwords.hash(password);
    const user = await createUser(store, { realm, email, name: email, passwordHash, nowMs: clock.now() });
    return { email, user, headers: headersOf(await signIn(email)) };
  };

  describe("an authenticator app", () => {
    const withApp = async () => {
      const person = await newcomer();
      const started = (await post("totp/start", {}, person.headers)).json<{ secret: string; otpauth_url: string }>();
      const codeNow = (steps = 0): string => codeAt(fromBase32(started.secret), stepAt(server.clock.now()) + steps);
      return { ...person, started, codeNow };
    };

    it("counts from its first code on; then the password alone is not enough, and the session has changed", async () => {
      const { email, headers, started, codeNow } = await withApp();
      expect(started.otpauth_url).toContain(started.secret);
      expect((await signIn(email)).statusCode).toBe(200); // only offered so far
      expect((await post("totp/confirm", { code: "000000" }, headers)).statusCode).toBe(401);
      const confirmed = await post("totp/confirm", { code: codeNow() }, headers);
      expect(confirmed.statusCode, confirmed.body).toBe(200);
      expect(confirmed.json()).toMatchObject({ object: "recovery_codes", user: { totp: true } });
      expect((await post("totp/start", {}, headers)).statusCode).toBe(401); // the old session's secret
      expect((await post("totp/start", {}, headersOf(confirmed))).statusCode).toBe(409);
      expect((await signIn(email)).json()).toMatchObject({ error: { code: "totp_required" } });
      expect((await post("sign-in", { email, password: "wrong password" })).json()).toMatchObject({
        error: { code: "invalid_key" }, // and nothing of whether there is an app
      });
    });

    it("gives each code once, also to two who come at once; the one that confirmed is used", async () => {
      const { email, headers, codeNow } = await withApp();
      await post("totp/confirm", { code: codeNow() }, headers);
      expect((await signIn(email, codeNow())).statusCode).toBe(401);
      server.clock.advance(30_000);
      const both = await Promise.all([signIn(email, codeNow()), signIn(email, codeNow())]);
      expect(both.map(({ statusCode }) => String(statusCode)).sort()).toEqual(["200", "401"]);
      server.clock.advance(30_000);
      expect((await signIn(email, codeNow(-1))).statusCode).toBe(401); // seen over a shoulder
      expect((await signIn(email, codeNow())).statusCode).toBe(200);
      expect((await signIn(email, codeNow(2))).statusCode).toBe(401);
    });

    it("is not guessed: wrong codes make the account wait, and asking without one does not buy time", async () => {
      const { email, headers, codeNow } = await withApp();
      await post("totp/confirm", { code: codeNow() }, headers);
      server.clock.advance(30_000);
      const statuses: number[] = [];
      for (let i = 0; i < 8; i++) {
        await signIn(email);
        statuses.push((await signIn(email, "123456")).statusCode);
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
      expect((await signIn(email, codeNow())).statusCode).toBe(429);
    });

    it("that is lost is replaced by a recovery code, once; by nobody else's", async () => {
      const mine = await withApp();
      const other = await withApp();
      const codesOf = async ({ headers, codeNow }: typeof mine): Promise<string[]> =>
        (await post("totp/confirm", { code: codeNow() }, headers)).json<{ codes: string[] }>().codes;
      const [code = "", spare = ""] = await codesOf(mine);
      const [theirs = ""] = await codesOf(other);
      expect(code).toMatch(/^[a-z2-7]{8}-[a-z2-7]{8}$/);
      expect((await signIn(mine.email, theirs)).statusCode).toBe(401);
      expect((await signIn(mine.email, code.toUpperCase())).statusCode).toBe(200);
      expect((await signIn(mine.email, code)).statusCode).toBe(401);
      const signedIn = await signIn(mine.email, spare);
      const removed = await post("totp/remove", {}, headersOf(signedIn));
      expect(removed.json()).toMatchObject({ totp: false });
      expect((await signIn(mine.email)).statusCode).toBe(200);
    });

    it("is not taken off or put on by whoever finds an open browser", async () => {
      const { headers } = await newcomer();
      server.clock.advance(limits.recentSignInMs);
      for (const url of ["totp/start", "totp/remove", "passkeys/register/options"]) {
        expect((await post(url, {}, headers)).statusCode).toBe(401);
        expect((await post(url, { password: "a wrong one" }, headers)).statusCode).toBe(401);
      }
      expect((await post("totp/start", { password }, headers)).statusCode).toBe(200);
    });
  });

  describe("a passkey", () => {
    const register = async (device = openAuthenticator()) => {
      const person = await newcomer();
      const asked = await post("passkeys/register/options", {}, person.headers);
      const { options } = asked.json<{ options: { challenge: string; rp: { id: string } } }>();
      expect(options.rp.id).toBe("localhost");
      const response = device.create(options, site);
      const made = await post("passkeys/register", { name: "My phone", response }, person.headers);
      expect(made.statusCode, made.body).toBe(201);
      return { ...person, device, response, passkey: made.json<{ id: string }>(), headers: headersOf(made) };
    };
    const challenge = async (): Promise<{ challenge: string }> =>
      (await post("passkeys/sign-in/options", {})).json<{ options: { challenge: string } }>().options;
    const enter = (response: object) => post("passkeys/sign-in", { response });

    it("signs in without a password, also past an authenticator app, and tells who it is", async () => {
      const { device, user } = await register();
      const seen = await enter(device.get(await challenge(), site));
      expect(seen.statusCode, seen.body).toBe(200);
      expect(seen.json()).toMatchObject({ id: user.id, passkeys: 1 });
      const again = await enter(device.get(await challenge(), site));
      expect(again.statusCode).toBe(200);
    });

    it("is refused, always in the same words, when anything is not as it was asked", async () => {
      const { device } = await register();
      const stranger = openAuthenticator();
      const good = device.get(await challenge(), site);
      expect((await enter(good)).statusCode).toBe(200);
      const old = device.get(await challenge(), site);
      const other = device.get(await challenge(), site);
      const late = await challenge();
      server.clock.advance(limits.passkeyChallengeMs);
      const changed = (part: string, from: object = device.get({ challenge: late.challenge }, site)) => {
        const json = from as { response: Record<string, string> };
        return { ...json, response: { ...json.response, [part]: other.response[part] } };
      };
      const rows: readonly [story: string, response: object][] = [
        ["sent again", good],
        ["the answer to a challenge of five minutes ago", old],
        ["a challenge that is not ours", device.get({ challenge: "bm90IG91cnM" }, site)],
        ["another site, as a phishing page has", device.get(await challenge(), "https://millrace.evil.example")],
        ["another port of this host", device.get(await challenge(), "http://localhost:81")],
        ["a device that did not check who it is", device.get(await challenge(), site, { verified: false })],
        ["a counter that does not grow, as a copied device has", device.get(await challenge(), site, { counter: 1 })],
        ["a device that nobody registered", stranger.get(await challenge(), site)],
        ["a signature of something else", changed("signature", device.get(await challenge(), site))],
        ["data of something else", changed("authenticatorData", device.get(await challenge(), site))],
        ["what registers, where one signs in", { ...device.create(await challenge(), site) }],
      ];
      const answers = new Set<string>();
      for (const [story, response] of rows) {
        const seen = await enter(response);
        expect(seen.statusCode, story).toBe(401);
        answers.add(seen.json<{ error: { message: string } }>().error.message);
      }
      expect([...answers]).toHaveLength(1);
    });

    it("is registered for whom it was asked, once", async () => {
      const first = await register();
      const asked = await post("passkeys/register/options", {}, first.headers);
      const { options } = asked.json<{ options: { challenge: string; excludeCredentials: { id: string }[] } }>();
      expect(options.excludeCredentials.map(({ id }) => id)).toEqual([first.response.id]);
      const thief = await newcomer();
      const stolen = openAuthenticator().create(options, site);
      expect((await post("passkeys/register", { response: stolen }, thief.headers)).statusCode).toBe(401);
      const again = first.device.create(options, site);
      expect((await post("passkeys/register", { response: again }, first.headers)).statusCode).toBe(409);
      const url = `passkeys/${first.passkey.id}/remove`;
      expect((await post(url, {}, thief.headers)).statusCode).toBe(404);
      expect((await post(url, {}, first.headers)).statusCode).toBe(200);
      expect((await enter(first.device.get(await challenge(), site))).statusCode).toBe(401);
    });

    it("of a disabled user opens nothing, and one for an address is not offered", async () => {
      const { device, user } = await register();
      const disable = { method: "POST", url: `/admin/v1/users/${user.id}/disable`, headers: server.operator } as const;
      await server.app.inject(disable);
      expect((await enter(device.get(await challenge(), site))).statusCode).toBe(401);
      const byNumber = await post("passkeys/sign-in/options", {}, { host: "127.0.0.1:4100" });
      expect(byNumber.json()).toMatchObject({ error: { code: "conflict" } });
    });
  });
});
