import { Agent, request } from "node:http";
import { expect, it } from "vitest";
import { examine, isHealthy } from "../src/insight/index.ts";
import { manualClock, systemClock } from "../src/kernel/clock.ts";
import { type Random, seededRandom } from "../src/kernel/random.ts";
import { sweepHolds } from "../src/sell/index.ts";
import { type Store, openStore } from "../src/store/index.ts";
import { describeEachEngine } from "../src/store/testing/engines.ts";
import { type Stub, chatPieces, openStub } from "../src/upstream/testing/stub.ts";
import { command, headersOf, startServer } from "./live/process.ts";

/**
 * The real server is killed while customers read streams from a stub upstream, again and again; then everything is counted.
 * `MILLRACE_CRASH_KILLS=200 npx vitest run test/gateway-crash.test.ts` kills more often than a test run has time for.
 */
const kills = Number(process.env["MILLRACE_CRASH_KILLS"] ?? 2);
const callers = 8;
const usage = { prompt_tokens: 30, completion_tokens: 12, prompt_tokens_details: { cached_tokens: 10 } };

interface Shop {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly key: string;
}

interface Reply {
  readonly status: number;
  readonly id: string;
  readonly isWhole: boolean;
}

describeEachEngine("killed under streaming load", (stores) => {
  it(
    `${kills} times: a stream that a customer saw end is recorded and billed once, and nothing else is`,
    async () => {
      const { url, folder, dispose } = await stores.open(systemClock);
      // every word a write of its own, so that kills meet streams in every state
      const words = Array.from({ length: 12 }, (_, i) => `word${i} `);
      const stub = await openStub(() => ({ kind: "stream", pieces: chatPieces(words, usage) }));
      try {
        const shop = await openShop(folder, url, stub);
        const random = seededRandom(2_027);
        const seen = new Map<string, string>();
        const open = new Set<string>();
        for (let round = 0; round < kills; round++) await killUnderLoad(shop, round, random, seen, open);
        expect(seen.size).toBeGreaterThan(kills);
        expect(open.size).toBeGreaterThanOrEqual(kills); // each kill hit streams in flight
        const answered = await askAgain(shop, seen, open);
        await countEverything(await openStore({ folder, databaseUrl: url, clock: systemClock }), answered);
      } finally {
        await stub.close();
        await dispose();
      }
    },
    120_000 + 20_000 * kills,
  );
});

async function openShop(folder: string, url: string | undefined, stub: Stub): Promise<Shop> {
  const env = { ...process.env, MILLRACE_LOG_LEVEL: "error", ...(url === undefined ? {} : { DATABASE_URL: url }) };
  const say = (...args: string[]): Promise<string> => command([...args, "--data", folder], env);
  await say("init");
  await say("upstream", "create", "stub", "--url", stub.url, "--allow-private");
  await say("upstream", "add-model", "stub", "m", "--input", "1", "--cached", "0.5", "--output", "2");
  await say("route", "set", "chat", "stub/m", "--total-ms", "10000", "--failures-max", "1000");
  await say("product", "create", "api", "--endpoint", "chat");
  const prices = ["requests=1", "input_tokens=0.003", "cached_input_tokens=0.001", "output_tokens=0.01"];
  await say("plan", "create", "plan", "--product", "api", ...prices.flatMap((price) => ["--component", price]));
  await say("customer", "create", "customer", "--plan", "plan", "--credit", "1000");
  const made = JSON.parse(await say("key", "create", "customer", "--json")) as { secret: string };
  return { folder, env, key: made.secret };
}

/** Nothing when the connection broke before there was a status. */
function chat(agent: Agent, url: string, key: string, idempotencyKey: string): Promise<Reply | undefined> {
  const body = JSON.stringify({ model: "chat", stream: true, messages: [{ role: "user", content: idempotencyKey }] });
  const headers = { ...headersOf(key, body), "idempotency-key": idempotencyKey };
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", () => {});
      response.on("close", () => {
        const id = /pred_[0-9a-z]{26}/.exec(text)?.[0] ?? "";
        resolve({ status: response.statusCode ?? 0, id, isWhole: text.endsWith("data: [DONE]\n\n") });
      });
    });
    sent.on("error", () => resolve(undefined));
    sent.end(body);
  });
}

/** Streams from all sides until the server is killed, while a randomly chosen one is under way. */
async function killUnderLoad(
  shop: Shop,
  round: number,
  random: Random,
  seen: Map<string, string>,
  open: Set<string>,
): Promise<void> {
  const { child, url, ended } = await startServer(shop.folder, shop.env);
  const agent = new Agent({ keepAlive: true });
  const lastCall = 1 + random.below(80);
  let calls = 0;
  let alive = true;
  const caller = async (): Promise<void> => {
    while (alive) {
      const name = `round-${round}-call-${calls++}`;
      open.add(name);
      const answering = chat(agent, url, shop.key, name);
      if (calls >= lastCall && alive) {
        alive = false;
        for (let turns = random.below(60); turns > 0; turns--) await new Promise((next) => setImmediate(next));
        child.kill("SIGKILL");
      }
      const reply = await answering;
      if (!reply?.isWhole) return;
      seen.set(name, reply.id);
      open.delete(name);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await ended;
  agent.destroy();
}

/** The customers ask again with the same keys: each gets the answer it had, or one now, or is told to wait for its hold. */
async function askAgain(
  shop: Shop,
  seen: ReadonlyMap<string, string>,
  open: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const { child, url, ended } = await startServer(shop.folder, shop.env);
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const answered = new Map(seen);
  for (const name of [...open, ...seen.keys()]) {
    const reply = await chat(agent, url, shop.key, name);
    expect([200, 409]).toContain(reply?.status);
    if (!reply || reply.status === 409) continue;
    expect(reply.isWhole).toBe(true);
    expect(answered.get(name) ?? reply.id).toBe(reply.id);
    answered.set(name, reply.id);
  }
  child.kill("SIGTERM");
  await ended;
  agent.destroy();
  return answered;
}

async function countEverything(store: Store, answered: ReadonlyMap<string, string>): Promise<void> {
  const clock = manualClock(systemClock.now() + 600_000);
  try {
    while ((await sweepHolds(store, clock.now())) > 0) continue;
    const checks = await examine(store, clock.now());
    expect(checks.filter(({ problemCount }) => problemCount > 0)).toEqual([]);
    expect(isHealthy(checks)).toBe(true);
    const db = store.as<{
      predictions: { id: string; idempotency_key: string; output: string };
      usage_events: { prediction: string; quantities: string };
      ledger_holds: { state: string };
      ledger_accounts: { held_nanos: bigint };
    }>();
    const predictions = await db.selectFrom("predictions").select(["id", "idempotency_key"]).execute();
    const events = await db.selectFrom("usage_events").select(["prediction", "quantities"]).execute();
    const recorded = new Map(predictions.map((row) => [row.idempotency_key, row.id]));
    expect(events.map(({ prediction }) => prediction).sort()).toEqual(predictions.map(({ id }) => id).sort());
    for (const [name, id] of answered) expect(recorded.get(name)).toBe(id);
    expect([...recorded.keys()].filter((name) => !answered.has(name))).toEqual([]);
    const whole = '{"requests":1,"input_tokens":20,"cached_input_tokens":10,"output_tokens":12}';
    expect(new Set(events.map(({ quantities }) => quantities))).toEqual(new Set([whole]));
    expect(await db.selectFrom("ledger_holds").select("state").where("state", "=", "open").execute()).toEqual([]);
    const held = await db.selectFrom("ledger_accounts").select("held_nanos").where("held_nanos", "!=", 0n).execute();
    expect(held).toEqual([]);
  } finally {
    await store.close();
  }
}
