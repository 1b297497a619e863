/**
 * The circuit breaker of one upstream model: closed lets all through, open none, half-open one, whose end decides. Pure: the
 * time is an argument, in ms of a clock that never goes backwards.
 */
export type Breaker =
  | { readonly state: "closed"; readonly failures: number }
  | { readonly state: "open"; readonly untilMs: number; readonly reason: string }
  | { readonly state: "half_open"; readonly reason: string };

export interface BreakerPolicy {
  /** So many failures in a row open it. */
  readonly failuresMax: number;
  /** How long it stays open. */
  readonly openMs: number;
}

export const closed: Breaker = { state: "closed", failures: 0 };

/** Whether a try may go, and the breaker with it under way. */
export function enter(breaker: Breaker, nowMs: number): { readonly may: boolean; readonly breaker: Breaker } {
  if (breaker.state === "closed") return { may: true, breaker };
  if (breaker.state === "half_open" || nowMs < breaker.untilMs) return { may: false, breaker };
  return { may: true, breaker: { state: "half_open", reason: breaker.reason } };
}

export function afterSuccess(breaker: Breaker): Breaker {
  return breaker.state === "closed" && breaker.failures === 0 ? breaker : closed;
}

export function afterFailure(breaker: Breaker, reason: string, nowMs: number, policy: BreakerPolicy): Breaker {
  const failures = breaker.state === "closed" ? breaker.failures + 1 : policy.failuresMax;
  if (failures < policy.failuresMax) return { state: "closed", failures };
  return { state: "open", untilMs: nowMs + policy.openMs, reason };
}

/** The try ended without telling anything of the upstream (its caller left): the next one may go at once. */
export function afterNothing(breaker: Breaker, nowMs: number): Breaker {
  return breaker.state === "half_open" ? { state: "open", untilMs: nowMs, reason: breaker.reason } : breaker;
}
