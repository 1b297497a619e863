import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { simulate } from "./simulation/run.ts";

/**
 * The paid request and invoicing with time, order and death in the hands of a seed. `MILLRACE_SIMULATION_SEED` replays a
 * run that failed; without it each run is a fresh one.
 */
const freshSeed = process.env["MILLRACE_SIMULATION_SEED"] ?? randomBytes(6).toString("hex");

it("a seed decides everything: twice the same story", async () => {
  const [once, again] = [
    await simulate({ seed: "twice", requests: 1_200 }),
    await simulate({ seed: "twice", requests: 1_200 }),
  ];
  expect(again).toEqual(once);
  expect(once.deaths).toBeGreaterThan(0);
  expect(once.lost).toBeGreaterThan(0);
});

const requests = Number(process.env["MILLRACE_SIMULATION_REQUESTS"] ?? 6_000);

it(`no law breaks under seed ${freshSeed}`, { timeout: 60_000 + requests * 20 }, async () => {
  const report = await simulate({ seed: freshSeed, requests });
  expect(report.answered).toBeGreaterThan(requests / 4);
  expect(report.deaths).toBeGreaterThan(requests / 200);
  expect(report.leases).toBeGreaterThan(requests / 400);
  expect(report.audits).toBe(Math.ceil(requests / 400));
});
