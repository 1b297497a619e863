import { type Nanos, mulDivRound } from "../kernel/money.ts";

const microsPerHour = 3_600_000_000n;

/** What `computeMs` of a machine costs that costs `nanosPerHour`: time in whole microseconds x price per microsecond. */
export function computeCost(computeMs: number, nanosPerHour: Nanos): Nanos {
  return mulDivRound(nanosPerHour, BigInt(Math.round(computeMs * 1_000)), microsPerHour);
}
