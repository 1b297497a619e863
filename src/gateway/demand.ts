import { limits } from "../kernel/limits.ts";
import { type MeteredUnit, type Quantities, countsOf } from "../sell/index.ts";

/** How often somebody buys: requests and what they reserved, in this second and in the one before. */
export interface Demand {
  startMs: number;
  lastMs: number;
  requests: number;
  before: number;
  readonly reserved: Map<MeteredUnit, number>;
}

export const openDemand = (): Demand => ({
  startMs: -Infinity,
  lastMs: -Infinity,
  requests: 0,
  before: 0,
  reserved: new Map(),
});

const secondMs = 1_000;

export function noteDemand(demand: Demand, reserve: Quantities, nowMs: number): void {
  if (nowMs - demand.startMs >= secondMs) {
    demand.before = nowMs - demand.startMs < 2 * secondMs ? demand.requests : 0;
    demand.startMs = nowMs;
    demand.requests = 0;
    demand.reserved.clear();
  }
  demand.lastMs = nowMs;
  demand.requests++;
  for (const { unit, count } of countsOf(reserve)) demand.reserved.set(unit, (demand.reserved.get(unit) ?? 0) + count);
}

/** What is worth leasing at this rate; undefined when it is not worth a lease. */
export function wantedOf({ requests, before, reserved, startMs }: Demand, nowMs: number): Quantities | undefined {
  const rate = Math.max(requests, nowMs - startMs < 2 * secondMs ? before : 0);
  if (rate < limits.leaseAfterRequests || requests === 0) return undefined;
  const many = Math.max(rate * limits.leaseSeconds, limits.leaseRequestsWanted);
  return Object.fromEntries([...reserved].map(([unit, sum]) => [unit, Math.ceil((sum / requests) * many)]));
}
