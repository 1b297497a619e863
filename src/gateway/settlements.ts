import type { Pause, Wait } from "../kernel/clock.ts";
import { limits } from "../kernel/limits.ts";
import type { Settlement } from "../sell/index.ts";
import { type Store, StoreError } from "../store/index.ts";
import { type PredictionAndUsage, settlePredictions } from "./settle-unit.ts";

/** Writes settlements; each is durable when its promise resolves. */
export interface Settlements {
  settle(one: PredictionAndUsage): Promise<Settlement>;
}

interface Waiting {
  readonly one: PredictionAndUsage;
  readonly resolve: (settlement: Settlement) => void;
  readonly reject: (error: unknown) => void;
}

/** Whatever waits when the writer is free is written by one unit, for all customers at once. */
export function openSettlements(store: Store, pause: Pause): Settlements {
  let waiting: Waiting[] = [];
  let writing = false;
  let gathering: { readonly from: number; readonly wait: Wait } | undefined;
  /** Under load the callers who were just answered ask again at once: a larger batch costs each of them less. */
  const gather = async (from: number): Promise<void> => {
    if (waiting.length >= from) return;
    gathering = { from, wait: pause(limits.settleGatherMsMax) };
    await gathering.wait.over;
    gathering = undefined;
  };
  const write = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.settleBatchMax);
      waiting = waiting.slice(limits.settleBatchMax);
      await settleBatch(store, batch);
      const outstanding = batch.length + waiting.length;
      if (outstanding >= limits.settleGatherFrom) await gather(Math.ceil(outstanding * limits.settleGatherShare));
    }
    writing = false;
  };
  return {
    settle(one) {
      // Its key may turn out to be another's: that must not undo its neighbours.
      if (one.prediction.idempotencyKey !== null) return alone(store, one);
      return new Promise((resolve, reject) => {
        waiting.push({ one, resolve, reject });
        if (!writing) void write();
        else if (gathering && waiting.length >= gathering.from) gathering.wait.end();
      });
    },
  };
}

async function settleBatch(store: Store, batch: readonly Waiting[]): Promise<void> {
  try {
    const settled = await store.run(
      settlePredictions,
      batch.map(({ one }) => one),
    );
    for (const [at, settlement] of settled.entries()) batch[at]?.resolve(settlement);
  } catch (error) {
    if (batch.length === 1 || isAway(error)) return batch.forEach(({ reject }) => reject(error));
    // One of them cannot be written: each for itself, so that it fails alone.
    await Promise.all(batch.map(({ one, resolve, reject }) => alone(store, one).then(resolve, reject)));
  }
}

async function alone(store: Store, one: PredictionAndUsage): Promise<Settlement> {
  const [settlement] = await store.run(settlePredictions, [one]);
  if (!settlement) throw new Error("Invariant broken: a settlement for each prediction");
  return settlement;
}

const isAway = (error: unknown): boolean => error instanceof StoreError && error.failure === "unavailable";
