import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { examine, isHealthy } from "../src/insight/index.ts";
import { manualClock, systemClock } from "../src/kernel/clock.ts";
import { limits } from "../src/kernel/limits.ts";
import { type Random, seededRandom } from "../src/kernel/random.ts";
import { sweepHolds } from "../src/sell/index.ts";
import { openStore } from "../src/store/index.ts";

/** The real server is killed in the middle of concurrent paid calls, again and again; then everything is counted. */

const kills = 50;
const callers = 8;
const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "millrace-crash-"));
let key = "";

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const random = seededRandom(5);
  const words = { good: ["fine", "great", "lovely"], bad: ["slow", "broken", "rude"] };
  const lines = Array.from({ length: 300 }, (_, i) => {
    const label = i % 2 === 0 ? "good" : "bad";
    const text = Array.from({ length: 6 }, () => words[label][random.below(3)]).join(" ");
    return JSON.stringify({ text: `${text} ${random.below(1e6)}`, label });
  });
  const file = path.join(folder, "reviews.jsonl");
  await command("init");
  writeFileSync(file, lines.join("\n"));
  await command("dataset", "import", file, "--input", "text", "--label", "label");
  await command("run", "start", "reviews");
  await command("endpoint", "deploy", "reviews", "latest");
  await command("product", "create", "api", "--endpoint", "reviews");
  await command("plan", "create", "plan", "--product", "api", "--per-thousand", "1");
  await command("customer", "create", "customer", "--plan", "plan", "--credit", "1000");
  key = (JSON.parse(await command("key", "create", "customer", "--json")) as { secret: string }).secret;
});

function command(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...args, "--data", folder], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(" ")}: ${err}`))));
  });
}

function startServer(): Promise<{ child: ChildProcess; url: string; ended: Promise<void> }> {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--data", folder], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, MILLRACE_LOG_LEVEL: "error" },
  });
  const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  let said = "";
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /on (http:\S+)/.exec(said)?.[1];
      if (url) resolve({ child, url, ended });
    });
  });
}

interface Reply {
  readonly status: number;
  readonly id: string;
}

/** Nothing when the connection broke before the answer was whole. */
function predict(agent: Agent, url: string, idempotencyKey: string): Promise<Reply | undefined> {
  const body = JSON.stringify({ endpoint: "reviews", input: `lovely and quick ${idempotencyKey}` });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "idempotency-key": idempotencyKey,
  };
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/predictions`, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("close", () => {
        if (!response.complete) return resolve(undefined);
        const answer = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { id: string };
        resolve({ status: response.statusCode ?? 0, id: answer.id });
      });
    });
    sent.on("error", () => resolve(undefined));
    sent.end(body);
  });
}

/** Calls from all sides until the server is killed, while a randomly chosen call is under way. */
async function killUnderLoad(
  round: number,
  random: Random,
  seen: Map<string, string>,
  open: Set<string>,
): Promise<void> {
  const { child, url, ended } = await startServer();
  const agent = new Agent({ keepAlive: true });
  const lastCall = 1 + random.below(120);
  let calls = 0;
  let alive = true;
  const caller = async (): Promise<void> => {
    while (alive) {
      const name = `round-${round}-call-${calls++}`;
      open.add(name);
      const answering = predict(agent, url, name);
      if (calls >= lastCall && alive) {
        alive = false;
        child.kill("SIGKILL");
      }
      const reply = await answering;
      if (!reply) return;
      expect(reply.status).toBe(200);
      seen.set(name, reply.id);
      open.delete(name);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  await ended;
  agent.destroy();
}

it(`kill -9 at ${kills} random points: what a client saw finished is recorded and billed once, and nothing else is`, async () => {
  const random = seededRandom(2_026);
  const seen = new Map<string, string>();
  const open = new Set<string>();
  for (let round = 0; round < kills; round++) await killUnderLoad(round, random, seen, open);
  expect(seen.size).toBeGreaterThan(kills);
  expect(open.size).toBeGreaterThanOrEqual(kills); // each kill hit calls in flight

  // the clients ask again with the same keys: each is answered, whether or not it had been recorded before
  const { child, url, ended } = await startServer();
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const answered = new Map(seen);
  for (const name of [...open, ...seen.keys()]) {
    let reply = await predict(agent, url, name);
    expect([200, 409]).toContain(reply?.status);
    if (reply?.status === 409) continue; // its hold is still open: billed only if it is settled, which doctor checks
    reply = reply as Reply;
    expect(answered.get(name) ?? reply.id).toBe(reply.id);
    answered.set(name, reply.id);
  }
  child.kill("SIGTERM");
  await ended;
  agent.destroy();
  await countEverything(seen, answered);
}, 300_000);

async function countEverything(
  seen: ReadonlyMap<string, string>,
  answered: ReadonlyMap<string, string>,
): Promise<void> {
  const clock = manualClock(systemClock.now() + limits.holdTtlMs + 1_000);
  const store = await openStore({ folder, clock });
  try {
    await sweepHolds(store, clock.now());
    const checks = await examine(store, clock.now());
    expect(checks.filter(({ problemCount }) => problemCount > 0)).toEqual([]);
    expect(isHealthy(checks)).toBe(true);
    const db = store.as<{
      predictions: { id: string; idempotency_key: string };
      usage_events: { prediction: string };
      ledger_holds: { state: string };
      ledger_accounts: { held_nanos: bigint };
    }>();
    const predictions = await db.selectFrom("predictions").select(["id", "idempotency_key"]).execute();
    const events = await db.selectFrom("usage_events").select("prediction").execute();
    const recorded = new Map(predictions.map((row) => [row.idempotency_key, row.id]));
    expect(events.map(({ prediction }) => prediction).sort()).toEqual(predictions.map(({ id }) => id).sort());
    for (const [name, id] of [...seen, ...answered]) expect(recorded.get(name)).toBe(id);
    expect([...recorded.keys()].filter((name) => !answered.has(name))).toEqual([]);
    const held = await db.selectFrom("ledger_holds").select("state").where("state", "=", "open").execute();
    expect(held).toEqual([]);
    const accounts = await db
      .selectFrom("ledger_accounts")
      .select("held_nanos")
      .where("held_nanos", "!=", 0n)
      .execute();
    expect(accounts).toEqual([]);
  } finally {
    await store.close();
  }
}
