import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "../kernel/hash.ts";
import { sweepHolds } from "../sell/index.ts";
import type { Store } from "../store/index.ts";
import { describeEachEngine } from "../store/testing/engines.ts";
import { changesNothing, dump, expected, findProblems, recorded } from "./testing/compare.ts";
import { type Operation, operation } from "./testing/operations.ts";
import { openWorld, perform } from "./testing/world.ts";

/** Outcomes that the gate must have met, or it has looked at nothing. */
const mustBeMet = [
  "pay: received",
  "pay: duplicate",
  "admit: admitted",
  "admit: duplicate open",
  "admit: insufficient_credit",
  "admit: quota_exceeded",
  "settle: settled",
  "settle again: duplicate",
  "settle late: settled",
  "release: released",
  "attribute: already",
];

describeEachEngine("an independent auditor", (stores) => {
  it("predicts every outcome and balance of random sequences, and what is refused changes nothing", async () => {
    const met = new Map<string, number>();
    const sequences = fc.array(operation, { minLength: 40, maxLength: 80, size: "max" });
    const audit = fc.asyncProperty(sequences, async (operations) => {
      const { store, dispose } = await stores.open();
      try {
        await auditSequence(store, operations, met);
      } finally {
        await dispose();
      }
    });
    await fc.assert(audit, {
      numRuns: stores.engine === "sqlite" ? 10 : 4,
      seed: 2026,
      interruptAfterTimeLimit: 50_000,
    });
    const missed = mustBeMet.filter((outcome) => !met.has(outcome));
    expect(stores.engine === "sqlite" ? missed : []).toEqual([]); // Postgres sees the first few of the same sequences
  });
});

async function auditSequence(store: Store, operations: readonly Operation[], met: Map<string, number>): Promise<void> {
  const world = await openWorld(store);
  let before = await dump(store);
  for (const op of operations) {
    world.nowMs += 1; // so that ids sort in the order of what happened
    const { real, predicted } = await perform(world, op);
    expect(real, canonicalJson(op)).toBe(predicted);
    for (const [at, books] of world.books.entries()) {
      expect(await recorded(world, at), canonicalJson(op)).toEqual(expected(books));
    }
    const after = await dump(store);
    expect(changesNothing.has(real) ? after : before, canonicalJson(op)).toBe(before);
    before = after;
    const outcome = `${op.kind}: ${real.replace(/ -?\d+$/, "")}`;
    met.set(outcome, (met.get(outcome) ?? 0) + 1);
  }
  await sweepHolds(store, world.nowMs);
  expect(await findProblems(store, world.nowMs)).toEqual([]);
}
