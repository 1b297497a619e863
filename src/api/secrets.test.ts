import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { context, propagation, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLink } from "../identity/index.ts";
import { codeAt, fromBase32, stepAt } from "../identity/testing/codes.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { allRoutes } from "./index.ts";
import { createOperatorKey } from "./operators.ts";
import { buildServer } from "./server.ts";
import { everyRow, openTenants, textOf, type Tenant } from "./testing/tenants.ts";
import { type TestServer, openTestServer, testPepper } from "./testing/server.ts";

/**
 * Secrets are planted, every door is used well and badly at the most talkative log level, and then everything that is
 * kept or told is searched: rows, blobs, log lines, spans, metrics and the bodies of errors.
 */
describeEachEngine("planted secrets", (stores) => {
  let server: TestServer;
  let tenants: readonly [Tenant, Tenant];
  const logged: string[] = [];
  const told: string[] = [];
  const spans = new InMemorySpanExporter();
  const tracing = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const planted: string[] = [testPepper.reveal()];
  const privateText = "a private matter of the violet patient";

  beforeAll(async () => {
    tracing.register();
    server = await openTestServer(stores);
    tenants = await openTenants(server);
    planted.push(...tenants.map(({ secret }) => secret), server.operator.authorization.slice("Bearer ".length));
    await useEveryDoor();
  });
  afterAll(async () => {
    await tracing.shutdown();
    for (const global of [trace, context, propagation]) global.disable();
    await server.close();
  });

  async function useEveryDoor(): Promise<void> {
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged.push(chunk.toString());
        done();
      },
    });
    const { deps } = server;
    const logger = pino({ level: "trace" }, sink);
    const app = await buildServer(deps, { logger, routes: allRoutes, traces: true });
    const newOperator = await createOperatorKey(deps.store, {
      name: "new",
      pepper: deps.pepper,
      nowMs: deps.clock.now(),
    });
    planted.push(newOperator.secret.reveal());
    const [{ secret, customer, browser }] = tenants;
    const sessionSecret = browser.cookie.split("=")[1] ?? "";
    planted.push(sessionSecret, ...(await useSessions(app)));
    const send = async (method: "GET" | "POST", url: string, key: string, payload?: unknown, more: object = {}) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...more };
      const body =
        payload === undefined ? {} : { payload: typeof payload === "string" ? payload : JSON.stringify(payload) };
      return app.inject({ method, url, headers, ...body });
    };
    for (const { method, path: at } of allRoutes.filter(({ path: of }) => of !== "/admin/v1/live")) {
      for (const key of [secret, newOperator.secret.reveal(), `${secret}x`]) {
        const seen = await send(method, at.replace(/:\w+/g, "x"), key, method === "POST" ? { unknown: 1 } : undefined);
        if (seen.statusCode >= 400) told.push(seen.body);
        const inCookie = { cookie: `millrace_session=${sessionSecret}`, "x-millrace-request": "1" };
        await app.inject({ method, url: at.replace(/:\w+/g, sessionSecret), headers: inCookie });
        // as a name, where a careless program puts it: the answer may quote it to its sender, nothing keeps it
        await send(method, at.replace(/:\w+/g, key), key, method === "POST" ? { [key]: key } : undefined);
      }
    }
    for (const body of [
      { endpoint: secret, input: "x" },
      { endpoint: "shared-filter", input: "", key: secret },
      `{"${secret}"`,
    ]) {
      await send("POST", "/v1/predictions", secret, body);
    }
    const asked = { endpoint: "shared-filter", input: privateText };
    const other = await send("POST", "/admin/v1/customers", newOperator.secret.reveal(), { name: "Silent" });
    const silent = other.json<{ id: string }>().id;
    const once = { "idempotency-key": "1" };
    const url = `/admin/v1/customers/${silent}/keys`;
    const first = await send("POST", url, newOperator.secret.reveal(), {}, once);
    const again = await send("POST", url, newOperator.secret.reveal(), {}, once);
    planted.push(...[first, again].map((made) => made.json<{ secret: string }>().secret));
    const { data } = (await send("GET", "/admin/v1/plans", newOperator.secret.reveal())).json<{
      data: { id: string }[];
    }>();
    await send("POST", `/admin/v1/customers/${silent}/subscriptions`, newOperator.secret.reveal(), {
      plan: data[0]?.id,
    });
    await send("POST", `/admin/v1/customers/${silent}/payments`, newOperator.secret.reveal(), {
      amount: "9",
      reference: "1",
    });
    const answered = await send("POST", "/v1/predictions", first.json<{ secret: string }>().secret, asked);
    expect(answered.statusCode, answered.body).toBe(200);
    expect(customer).toMatch(/^cus_/);
    await app.close();
  }

  /** Signs in and out, well and badly; gives every secret that was in it. */
  async function useSessions(app: FastifyInstance): Promise<string[]> {
    const { deps } = server;
    const password = "a planted password";
    const link = { purpose: { kind: "set_up" }, pepper: deps.pepper, nowMs: deps.clock.now() } as const;
    const token = (await createLink(deps.store, link)).token.reveal();
    const headers = { "x-millrace-request": "1" };
    const post = (url: string, payload: object, more: object = {}) =>
      app.inject({ method: "POST", url: `/auth/v1/${url}`, payload, headers: { ...headers, ...more } });
    const email = "owner@example.com";
    const secretsOf = (text: unknown): string[] =>
      [...String(text).matchAll(/session=([\w-]{43})/g)].map((m) => m[1] ?? "");
    const made = await post("setup", { token, name: "Owner", email, password });
    expect(made.statusCode, made.body).toBe(201);
    const wrong = "a mistyped password";
    const answers = [
      made,
      await post("sign-in", { email, password }),
      await post("sign-in", { email, password: wrong }),
      await post("sign-in", { email: "not.an.address", password }),
      await post("sign-in", { email: `${wrong}@example.com`.replaceAll(" ", "."), password }),
      await post("sign-in-links/use", { token }),
      await post(
        "password",
        { old: wrong, new: password },
        { cookie: `millrace_session=${secretsOf(made.headers["set-cookie"])[0]}` },
      ),
    ];
    const session = { cookie: `millrace_session=${secretsOf(answers[1]?.headers["set-cookie"])[0]}` };
    const { secret: totp } = (await post("totp/start", {}, session)).json<{ secret: string }>();
    const code = codeAt(fromBase32(totp), stepAt(deps.clock.now()));
    const confirmed = await post("totp/confirm", { code }, session);
    const { codes } = confirmed.json<{ codes: string[] }>();
    expect(codes).toHaveLength(10);
    await post("sign-in", { email, password, code: codes[0] });
    await post("sign-in", { email, password, code: `${codes[1]}x` });
    told.push(...answers.map(({ body }) => body));
    return [
      token,
      totp,
      ...codes,
      password,
      wrong,
      wrong.replaceAll(" ", "."),
      ...answers.flatMap((answer) => secretsOf(answer.headers["set-cookie"])),
    ];
  }

  const foundIn = (texts: Iterable<string>): string[] => {
    const words = [...planted, privateText];
    return [...texts].flatMap((text) =>
      words.filter((word) => text.includes(word)).map((word) => `${word} in ${text}`),
    );
  };

  it("are in no row of the database", async () => {
    const rows = (await everyRow(server.deps.store)).map(textOf);
    expect(rows.length).toBeGreaterThan(30);
    expect(foundIn(rows)).toEqual([]);
  });

  it("are in no file of the data folder", () => {
    const files = readdirSync(server.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const texts = files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), "latin1"));
    expect(texts.length).toBeGreaterThan(0);
    expect(foundIn(texts)).toEqual([]);
  });

  it("are in no log line, span or metric", async () => {
    expect(logged.length).toBeGreaterThan(100);
    expect(foundIn(logged)).toEqual([]);
    const finished = spans.getFinishedSpans();
    expect(finished.length).toBeGreaterThan(100);
    expect(foundIn(finished.map(({ name, attributes, events }) => JSON.stringify([name, attributes, events])))).toEqual(
      [],
    );
    expect(foundIn([await server.deps.metrics.registry.metrics()])).toEqual([]);
  });

  it("are in no error", () => {
    expect(told.length).toBeGreaterThan(100);
    expect(foundIn(told)).toEqual([]);
  });
});
