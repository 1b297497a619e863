import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examine } from "../src/insight/index.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { startPostgres } from "../src/store/testing/engines.ts";
import type { LiveServer } from "./live/process.ts";
import { type Allowance, type LiveShop, openLiveShop } from "./live/shop.ts";

/**
 * Many parallel requests against what allows k of them, on real server processes: never more than k are admitted, and k are.
 * One process on SQLite; three replicas on one Postgres, one of which has two workers behind its port.
 */

const k = 24;
const minuteMs = 60_000;

const rows: readonly [string, Allowance, number][] = [
  ["a prepaid balance", { balance: k }, 402],
  ["a plan's spend cap", { cap: k }, 429],
  ["a key's quota", { quota: k }, 429],
  ["a limit a minute", { perMinute: k }, 429],
  ["a customer's budget", { budget: { worth: k } }, 429],
  ["a key's budget a day", { budget: { worth: k, scope: "key", every: "day" } }, 429],
  ["a budget of each end user", { budget: { worth: k, scope: "end_user", subject: "*" } }, 429],
];

const answered = (statuses: readonly number[]): number => statuses.filter((status) => status === 200).length;

interface Places {
  readonly shop: LiveShop;
  readonly processes: readonly LiveServer[];
}

/** Again if the minute turned meanwhile: then another one's limit was used as well. */
async function withinMinute<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    const before = Math.floor(systemClock.now() / minuteMs);
    const result = await work();
    if (Math.floor(systemClock.now() / minuteMs) === before) return result;
  }
}

function neverMoreThanK(open: () => Places): void {
  it.each(rows)(
    "%s that allows 24 lets exactly 24 of 100 in, all at once",
    async (_name, allowance, refusal) => {
      const { shop, processes } = open();
      const { first, total, others, recorded } = await withinMinute(async () => {
        const buyer = await shop.join(allowance);
        const statuses = await shop.ask([buyer], processes, 100);
        const more = await lastOnes(shop, processes, buyer, answered(statuses));
        const all = [...statuses, ...more];
        return {
          first: answered(statuses),
          total: answered(all),
          others: new Set(all.filter((status) => status !== 200)),
          recorded: await shop.recorded(buyer.customer),
        };
      });
      expect([total, recorded, others]).toEqual([k, k, new Set([refusal])]);
      expect(first).toBeGreaterThan(k / 3);
    },
    60_000,
  );

  it("what costs more than there is at all is refused and changes nothing", async () => {
    const { shop, processes } = open();
    const buyer = await shop.join({ budget: { worth: 0 } });
    expect(new Set(await shop.ask([buyer], processes, 10))).toEqual(new Set([429]));
    expect(await shop.recorded(buyer.customer)).toBe(0);
  }, 60_000);

  it("250 customers at once, each with a balance for two, get two each", async () => {
    const { shop, processes } = open();
    const buyers = await Promise.all(Array.from({ length: 250 }, () => shop.join({ balance: 2 })));
    const statuses = await shop.ask(buyers, processes, 750);
    expect([answered(statuses), new Set(statuses)]).toEqual([500, new Set([200, 402])]);
    const counts = await Promise.all(buyers.map(({ customer }) => shop.recorded(customer)));
    expect(new Set(counts)).toEqual(new Set([2]));
  }, 60_000);
}

/** A few at a time until all is used: what one process had ready may come to another. */
async function lastOnes(
  shop: LiveShop,
  processes: readonly LiveServer[],
  buyer: Parameters<LiveShop["ask"]>[0][number],
  before: number,
): Promise<number[]> {
  const all: number[] = [];
  for (let turn = 0; turn < 15; turn++) {
    const statuses = await shop.ask([buyer], processes, 4);
    all.push(...statuses);
    if (before + answered(all) >= k && answered(statuses) === 0) break;
  }
  return all;
}

const ill = async (shop: LiveShop): Promise<string[]> =>
  (await examine(shop.store, systemClock.now())).flatMap(({ name, problems }) => problems.map((p) => `${name}: ${p}`));

describe("one process on SQLite", () => {
  let shop: LiveShop;
  let processes: LiveServer[];
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-live-"));
  beforeAll(async () => {
    shop = await openLiveShop({ folder });
    processes = [await shop.start()];
  }, 60_000);
  afterAll(async () => {
    const problems = await ill(shop);
    await shop.close();
    rmSync(folder, { recursive: true, force: true });
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }, 60_000);

  neverMoreThanK(() => ({ shop, processes }));

  it("cannot have workers: one sentence says why", async () => {
    await expect(shop.start("--workers", "2")).rejects.toThrow(/ended with 1: .*SQLite is written by one process/s);
  });
});

const server = startPostgres();

describe.skipIf(!server)("three replicas on one Postgres", () => {
  let shop: LiveShop;
  let processes: LiveServer[];
  const folder = mkdtempSync(path.join(tmpdir(), "millrace-live-"));
  beforeAll(async () => {
    shop = await openLiveShop({ folder, databaseUrl: server?.url });
    processes = await Promise.all([shop.start(), shop.start(), shop.start("--workers", "2")]);
  }, 120_000);
  afterAll(async () => {
    const problems = await ill(shop);
    await shop.close();
    server?.stop();
    rmSync(folder, { recursive: true, force: true });
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }, 60_000);

  neverMoreThanK(() => ({ shop, processes }));

  it("a database that goes away in the middle: what was answered is what was recorded, and not more than 24", async () => {
    const buyer = await shop.join({ budget: { worth: k } });
    const early = await shop.ask([buyer], processes, 8);
    const asking = shop.ask([buyer], processes, 100);
    server?.halt();
    server?.resume();
    const statuses = [...early, ...(await asking), ...(await shop.ask([buyer], processes, 60))];
    expect(answered(statuses)).toBeGreaterThanOrEqual(answered(early));
    expect(answered(statuses)).toBeLessThanOrEqual(k);
    expect(await shop.recorded(buyer.customer)).toBe(answered(statuses));
  }, 60_000);

  it("a replica that is killed in the middle, and replaced: not more than 24", async () => {
    const buyer = await shop.join({ balance: k });
    const asking = shop.ask([buyer], processes, 100);
    const dead = processes.shift();
    dead?.child.kill("SIGKILL");
    const statuses = await asking;
    await dead?.ended;
    processes.push(await shop.start());
    const all = [...statuses, ...(await shop.ask([buyer], processes, 60))];
    const recorded = await shop.recorded(buyer.customer);
    expect(answered(all)).toBeLessThanOrEqual(recorded); // some were recorded whose answer the dead one could not give
    expect(recorded).toBeLessThanOrEqual(k);
  }, 60_000);
});
