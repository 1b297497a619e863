import { limits } from "../kernel/limits.ts";
import type { Rate } from "../sell/index.ts";

export const minuteMs = 60_000;

/** When the minute of an instant began. */
export const windowOf = (nowMs: number): number => nowMs - (nowMs % minuteMs);

export const nameOf = ({ bucket, unit }: Pick<Rate, "bucket" | "unit">): string => `${bucket} ${unit}`;

/** What this process has of one limit in one minute. */
export interface Meter extends Pick<Rate, "bucket" | "unit"> {
  startMs: number;
  /** Of this process's share. Below zero: used beyond it, to be made good. */
  left: number;
  /** What no process had when it was last asked. */
  elsewhere: number;
  /** Needed by requests that wait. */
  waiting: number;
  asking: Promise<void> | undefined;
  /** Until then it is known that nothing is left. By `clock.elapsed`, as the following. */
  dryUntilMs: number;
  /** Until then nothing is taken ahead: others want it. */
  wantedUntilMs: number;
  lastUsedMs: number;
  /** Takes down what a request took. */
  note(count: number, nowMs: number): void;
  /** Taken in this second or in the one before, whichever is more, and by how many requests. */
  pace(nowMs: number): { readonly count: number; readonly requests: number };
}

const secondMs = 1_000;

export function openMeter({ bucket, unit, perMinute }: Rate): Meter {
  let [second, count, requests] = [-Infinity, 0, 0];
  let before = { count: 0, requests: 0 };
  const meter: Meter = {
    bucket,
    unit,
    startMs: -Infinity,
    left: 0,
    elsewhere: perMinute,
    waiting: 0,
    asking: undefined,
    dryUntilMs: -Infinity,
    wantedUntilMs: -Infinity,
    lastUsedMs: -Infinity,
    note(taken, nowMs) {
      if (nowMs - second >= secondMs) {
        before = nowMs - second < 2 * secondMs ? { count, requests } : { count: 0, requests: 0 };
        [second, count, requests] = [nowMs, 0, 0];
      }
      count += taken;
      requests++;
      meter.lastUsedMs = nowMs;
    },
    pace(nowMs) {
      if (nowMs - second >= 2 * secondMs) return { count: 0, requests: 0 };
      return before.count > count ? before : { count, requests };
    },
  };
  return meter;
}

/** A minute that is over takes its share along; what was used beyond it is made good in the next. */
export function carry(meter: Meter, startMs: number): void {
  if (startMs <= meter.startMs) return;
  const wasOpen = meter.startMs !== -Infinity;
  meter.startMs = startMs;
  meter.left = Math.min(0, meter.left);
  meter.dryUntilMs = -Infinity;
  meter.wantedUntilMs = -Infinity;
  if (wasOpen) meter.elsewhere = Infinity;
}

/** A second's use of who asks often; nothing of who does not, or when others want it. */
export function worthTaking(meter: Meter, nowMs: number): number {
  if (nowMs < meter.wantedUntilMs) return 0;
  const { count, requests } = meter.pace(nowMs);
  return requests >= limits.leaseAfterRequests ? count : 0;
}
