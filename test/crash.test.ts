import { Agent } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Random, seededRandom } from "../src/kernel/random.ts";
import { countEverything } from "./live/count.ts";
import { type LiveMarket, openLiveMarket } from "./live/market.ts";

/**
 * The real server is killed in the middle of concurrent paid calls, again and again; then everything is counted.
 * `MILLRACE_CRASH_KILLS=200 npx vitest run test/crash.test.ts` kills more often than a test run has time for.
 */

const kills = Number(process.env["MILLRACE_CRASH_KILLS"] ?? 5);
const callers = 8;
let market: LiveMarket;

beforeAll(async () => {
  market = await openLiveMarket();
});
afterAll(() => market.remove());

/** Calls from all sides until the server is killed, while a randomly chosen call is under way. */
async function killUnderLoad(
  round: number,
  random: Random,
  seen: Map<string, string>,
  open: Set<string>,
): Promise<void> {
  const { child, url, ended } = await market.startServer();
  const agent = new Agent({ keepAlive: true });
  const lastCall = 1 + random.below(120);
  let calls = 0;
  let alive = true;
  const caller = async (): Promise<void> => {
    while (alive) {
      const name = `round-${round}-call-${calls++}`;
      open.add(name);
      const answering = market.predict(agent, url, name);
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

it(
  `kill -9 at ${kills} random points: what a client saw finished is recorded and billed once, and nothing else is`,
  async () => {
    const random = seededRandom(2_026);
    const seen = new Map<string, string>();
    const open = new Set<string>();
    for (let round = 0; round < kills; round++) await killUnderLoad(round, random, seen, open);
    expect(seen.size).toBeGreaterThan(kills);
    expect(open.size).toBeGreaterThanOrEqual(kills); // each kill hit calls in flight

    // the clients ask again with the same keys: each is answered, whether or not it had been recorded before
    const { child, url, ended } = await market.startServer();
    const agent = new Agent({ keepAlive: true, maxSockets: callers });
    const answered = new Map(seen);
    for (const name of [...open, ...seen.keys()]) {
      const reply = await market.predict(agent, url, name);
      expect([200, 409]).toContain(reply?.status);
      if (!reply || reply.status === 409) continue; // its hold is still open: billed only if it is settled, which doctor checks
      expect(answered.get(name) ?? reply.id).toBe(reply.id);
      answered.set(name, reply.id);
    }
    child.kill("SIGTERM");
    await ended;
    agent.destroy();
    await countEverything({ folder: market.folder }, answered);
  },
  120_000 + 20_000 * kills,
);
