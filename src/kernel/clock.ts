/** The only way to learn the time: passed as an argument, so tests can hold it still. Times are Unix milliseconds. */
export interface Clock {
  /** Unix time in ms; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start, never backwards, with fractions: for durations. */
  elapsed(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

/** A clock that stands still until it is moved. */
export function manualClock(startMs: number): Clock & { advance(ms: number): void; set(ms: number): void } {
  let at = startMs;
  return {
    now: () => at,
    elapsed: () => at,
    advance: (ms) => void (at += ms),
    set: (ms) => void (at = ms),
  };
}
