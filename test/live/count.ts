import { expect } from "vitest";
import { examine, isHealthy } from "../../src/insight/index.ts";
import { manualClock, systemClock } from "../../src/kernel/clock.ts";
import { limits } from "../../src/kernel/limits.ts";
import { sweepHolds } from "../../src/sell/index.ts";
import { openStore } from "../../src/store/index.ts";

/**
 * After everything: `answered` (Idempotency-Key to prediction id) is exactly what is recorded and billed, once each; no
 * hold is left after its expiry; `doctor` finds nothing.
 */
export async function countEverything(
  where: { readonly folder: string; readonly databaseUrl?: string },
  answered: ReadonlyMap<string, string>,
): Promise<void> {
  const clock = manualClock(systemClock.now() + limits.holdTtlMs + 1_000);
  const store = await openStore({ ...where, clock });
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
    for (const [name, id] of answered) expect(recorded.get(name), name).toBe(id);
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
