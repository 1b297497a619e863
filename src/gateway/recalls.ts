import type { Clock, Pause } from "../kernel/clock.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Party, countWanted, wantUnit } from "../sell/index.ts";
import type { Store } from "../store/index.ts";

/** What other processes have ready for a customer, when it is refused here. */
export interface Recalls {
  /**
   * Marks their leases as wanted, which their owners see when they tend, and waits until those have answered, at most
   * `limits.recallMsMax`. `again`: something may have come back. `nothing`: nobody has a lease, or it was asked a moment ago.
   * `busy`: too many wait already.
   */
  recall(party: Party): Promise<"again" | "nothing" | "busy">;
}

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly pause: Pause;
  /** How the leases of this process are named: they are not asked for. */
  readonly owner: string;
}

interface Recall {
  readonly over: Promise<"again" | "nothing">;
  waiting: number;
  endedMs: number;
}

export function openRecalls({ store, clock, pause, owner }: Deps): Recalls {
  const recalls = new Map<Id<"customer">, Recall>();
  const run = async (party: Party): Promise<"again" | "nothing"> => {
    const wanted = await store.run(wantUnit, { party, except: owner, nowMs: clock.now() });
    if (wanted === 0) return "nothing";
    for (let waitedMs = 0; waitedMs < limits.recallMsMax; waitedMs += limits.recallLookMs) {
      await pause(limits.recallLookMs).over;
      if ((await countWanted(store, party, owner)) === 0) break;
    }
    return "again";
  };
  const isRecent = ({ endedMs }: Recall): boolean => clock.elapsed() - endedMs < limits.leaseIdleMs;
  return {
    async recall(party) {
      const standing = recalls.get(party.customer);
      if (standing && standing.endedMs === Infinity) {
        if (standing.waiting >= limits.recallWaitingMax) return "busy";
        standing.waiting++;
        return standing.over;
      }
      if (standing && isRecent(standing)) return "nothing";
      for (const [customer, recall] of recalls) {
        if (recall.endedMs !== Infinity && !isRecent(recall)) recalls.delete(customer);
      }
      const over = run(party).finally(() => (recall.endedMs = clock.elapsed()));
      const recall: Recall = { over, waiting: 1, endedMs: Infinity };
      recalls.set(party.customer, recall);
      return over;
    },
  };
}
