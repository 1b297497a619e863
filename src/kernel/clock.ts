/** The only way to learn the time: passed as an argument, so tests can hold it still. Times are Unix milliseconds. */
export interface Clock {
  /** Unix time in ms; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start, never backwards, with fractions: for durations. */
  elapsed(): number;
}

/** A day of 24 hours: for lengths of time, not for dates in zones. */
export const dayMs = 86_400_000;

/** A wait that may be cut short. */
export interface Wait {
  /** When the time is over, or was cut short. */
  readonly over: Promise<void>;
  end(): void;
}

/** The only way to let time pass: passed as an argument beside the clock, so that tests need not wait. */
export type Pause = (ms: number) => Wait;

export const systemPause: Pause = (ms) => {
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { over, end: () => end() };
};

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
