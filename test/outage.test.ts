import { execFileSync, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { Agent } from "node:http";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startPostgres } from "../src/store/testing/engines.ts";
import { countEverything } from "./live/count.ts";
import { type LiveMarket, type Reply, openLiveMarket } from "./live/market.ts";
import type { LiveServer } from "./live/process.ts";

/**
 * The database goes away under concurrent paid calls and comes back, several times. While it is away a call is told so
 * (503, when to come back); nothing is answered that is not recorded, and the process lives.
 */

const rounds = 2;
const callers = 8;
const callsEachWay = 40;

describe("the database away", () => {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0).reverse()) step();
  });

  it.skipIf(!hasPostgres())(
    "Postgres is stopped and started under load",
    async () => {
      const server = startPostgres();
      if (!server) throw new Error("Debian's Postgres is not here");
      undo.push(() => server.stop());
      const market = await openLiveMarket({ DATABASE_URL: server.url });
      undo.push(() => market.remove());
      const answered = await underOutages(market, { away: () => server.halt(), back: () => server.resume() });
      expect(answered.size).toBeGreaterThan(rounds * callsEachWay);
      await countEverything({ folder: market.folder, databaseUrl: server.url }, answered);
    },
    180_000,
  );

  it.skipIf(!hasPrlimit())(
    "SQLite's disk is full under load",
    async () => {
      const market = await openLiveMarket();
      undo.push(() => market.remove());
      const files = ["millrace.db", "millrace.db-wal"].map((name) => path.join(market.folder, name));
      const answered = await underOutages(market, {
        away: ({ child }) => {
          const bytes = Math.min(...files.map((file) => statSync(file).size));
          limitFileSize(child.pid, String(Math.max(1, bytes - 1)));
        },
        back: ({ child }) => limitFileSize(child.pid, "unlimited"),
      });
      expect(answered.size).toBeGreaterThan(rounds * callsEachWay);
      await countEverything({ folder: market.folder }, answered);
    },
    180_000,
  );
});

interface Outage {
  away(server: LiveServer): void;
  back(server: LiveServer): void;
}

/** Every call that was refused is repeated with its key when the database is back; returns the answers. */
async function underOutages(market: LiveMarket, outage: Outage): Promise<Map<string, string>> {
  const server = await market.startServer();
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const answered = new Map<string, string>();
  const refused = new Map<string, string | undefined>();
  let calls = 0;
  const callMany = async (until: () => boolean): Promise<void> => {
    const caller = async (): Promise<void> => {
      while (!until()) {
        const name = `call-${calls++}`;
        const reply = await market.predict(agent, server.url, name);
        if (reply?.status === 200) answered.set(name, reply.id);
        else refused.set(name, reply && `${reply.status} ${reply.retryAfter ? "come back" : ""}`);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
  for (let round = 0; round < rounds; round++) {
    const goodBefore = answered.size;
    await callMany(() => answered.size >= goodBefore + callsEachWay);
    const calling = callMany(() => refused.size >= (round + 1) * callsEachWay);
    outage.away(server);
    await calling;
    outage.back(server);
  }
  expect(refused.size).toBeGreaterThanOrEqual(rounds * callsEachWay);
  expect(new Set(refused.values())).toEqual(new Set(["503 come back"]));
  for (const name of refused.keys()) {
    const id = await askAgain(market, agent, server.url, name);
    if (id !== undefined) answered.set(name, id);
  }
  server.child.kill("SIGTERM");
  await server.ended;
  expect(server.child.exitCode).toBe(0);
  agent.destroy();
  return answered;
}

/** Undefined when its first hold is still open: then it is not recorded, and the hold goes back when it expires. */
async function askAgain(market: LiveMarket, agent: Agent, url: string, name: string): Promise<string | undefined> {
  let reply: Reply | undefined;
  for (let attempt = 0; attempt < 1_000; attempt++) {
    reply = await market.predict(agent, url, name);
    if (reply?.status === 200) return reply.id;
    if (reply?.status === 409) return undefined;
    expect(reply?.status).toBe(503); // the server connects again
  }
  throw new Error(`${name} was never answered, at last so: ${reply?.body}`);
}

function hasPostgres(): boolean {
  return process.env["MILLRACE_TEST_POSTGRES"] !== undefined;
}

/** Linux' way to fail a process' writes at will, as a full disk does. */
function hasPrlimit(): boolean {
  return spawnSync("prlimit", ["--version"]).status === 0;
}

function limitFileSize(pid: number | undefined, bytes: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}
