import { type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Role } from "../identity/index.ts";
import { limits } from "../kernel/limits.ts";
import { createCustomer, receivePayment } from "../sell/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { openBrowser } from "./testing/people.ts";
import { type TestServer, openTestServer } from "./testing/server.ts";

interface Listening {
  readonly status: number;
  readonly type: string | undefined;
  /** The next event; the test fails by its time if none comes. */
  next(): Promise<Record<string, unknown>>;
  readonly ended: Promise<void>;
  leave(): void;
}

describeEachEngine("news for the console", (stores) => {
  let server: TestServer;
  let base = "";
  beforeEach(async () => {
    server = await openTestServer(stores);
    base = await server.app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterEach(() => server.close());

  const listen = async (headers: Record<string, string>): Promise<Listening> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${base}/admin/v1/live`, { headers }, resolve).on("error", reject).end();
    });
    const events: Record<string, unknown>[] = [];
    const waiting: ((event: Record<string, unknown>) => void)[] = [];
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks.filter((found) => found.startsWith("data: "))) {
        const event = JSON.parse(block.slice(6)) as Record<string, unknown>;
        const first = waiting.shift();
        if (first) first(event);
        else events.push(event);
      }
    });
    return {
      status: answer.statusCode ?? 0,
      type: answer.headers["content-type"],
      next: () =>
        new Promise((resolve) => {
          const event = events.shift();
          if (event) resolve(event);
          else waiting.push(resolve);
        }),
      ended: new Promise((resolve) => answer.on("end", () => resolve())),
      leave: () => answer.destroy(),
    };
  };
  const browser = async (role: Role, name: string) => openBrowser(server, { kind: "team", role }, name);
  const pay = async (reference: string): Promise<void> => {
    const { store, clock } = server.deps;
    const nowMs = clock.now();
    const terms = { kind: "prepaid" } as const;
    const { id: customer } = await createCustomer(store, { name: reference, currency: "usd", terms, nowMs });
    await receivePayment(store, { customer, amountNanos: 1_000_000_000n, reference, nowMs });
  };
  const tick = () => server.deps.live.tick();

  it("reaches who may see it, and nobody else", async () => {
    const finance = await listen((await browser("finance", "of finance")).headers);
    const reviewer = await listen((await browser("reviewer", "a reviewer")).headers);
    expect([finance.status, finance.type]).toEqual([200, "text/event-stream; charset=utf-8"]);
    await pay("one"); // before the first tick, but after they began to listen
    server.clock.advance(1);
    await server.app.inject({
      method: "POST",
      url: "/admin/v1/partners",
      headers: server.operator,
      payload: { name: "News", commission_basis_points: 1 },
    });
    await tick();
    expect(await finance.next()).toMatchObject({ type: "payments" });
    expect(await finance.next()).toMatchObject({ type: "changes" });
    expect(await reviewer.next()).toMatchObject({ type: "changes" }); // and no payment before it
    finance.leave();
    reviewer.leave();
  });

  it("ends with the session, and listening makes no session last", async () => {
    const person = await browser("owner", "an owner");
    const stream = await listen(person.headers);
    for (let i = 0; i < limits.liveSessionTicks; i++) await tick();
    server.clock.advance(limits.sessionIdleMs);
    for (let i = 0; i < limits.liveSessionTicks; i++) await tick();
    await expect(stream.ended).resolves.toBeUndefined();
    const other = await browser("owner", "another owner");
    const second = await listen(other.headers);
    const url = `/admin/v1/users/${other.user.id}/disable`;
    expect((await server.app.inject({ method: "POST", url, headers: server.operator })).statusCode).toBe(200);
    for (let i = 0; i < limits.liveSessionTicks; i++) await tick();
    await expect(second.ended).resolves.toBeUndefined();
  });

  it("is refused to strangers, and asks the database nothing while nobody listens", async () => {
    expect((await listen({})).status).toBe(401);
    const { aside } = server.deps.store;
    const { perform } = aside;
    let asked = 0;
    Object.assign(aside, { perform: (...args: Parameters<typeof perform>) => (asked++, perform(...args)) });
    await tick();
    expect(asked).toBe(0);
    const streams = [await listen(server.operator), await listen(server.operator), await listen(server.operator)];
    asked = 0;
    await tick();
    expect(asked).toBe(1); // for all of them
    Object.assign(aside, { perform });
    for (const stream of streams) stream.leave();
  });
});
