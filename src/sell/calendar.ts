import { Refusal, invariant } from "../kernel/errors.ts";

/** A half-open stretch of UTC time: start ≤ t < end. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** Wall-clock time written as if it were UTC, in ms. */
type WallMs = number;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** No zone's offset, nor a single change of it, is farther away than this. */
const horizonMs = 36 * hourMs;

/** How long a regular period is, and where it begins. */
export interface Cycle {
  readonly every: number;
  readonly unit: "day" | "week" | "month" | "year";
  /** `anniversary`: at the anchor's wall-clock time. `calendar`: at midnight of the 1st, of Monday, of 1 January. */
  readonly align: "anniversary" | "calendar";
}

export interface Schedule {
  readonly anchorMs: number;
  readonly timeZone: string;
  readonly cycle: Cycle;
}

export const monthly: Cycle = { every: 1, unit: "month", align: "anniversary" };

/**
 * The `ordinal`-th regular period. It starts at the wall-clock time of the anchor so many units later in the zone; a day
 * the month does not have becomes its last day. A wall-clock time that a change of offset skips moves behind the gap,
 * one that occurs twice is the first. Aligned to the calendar, period 0 is the whole one that the anchor falls into.
 */
export function periodOf(schedule: Schedule, ordinal: number): Period {
  const ruler = rulerOf(schedule);
  return { startMs: ruler.boundary(ordinal), endMs: ruler.boundary(ordinal + 1) };
}

/** The regular period that an instant falls into; before the anchor they go on backwards. */
export function periodAt(schedule: Schedule, atMs: number): Period & { readonly ordinal: number } {
  const { boundary, guess } = rulerOf(schedule);
  let ordinal = guess(atMs);
  while (boundary(ordinal) > atMs) ordinal--;
  while (boundary(ordinal + 1) <= atMs) ordinal++;
  return { ordinal, startMs: boundary(ordinal), endMs: boundary(ordinal + 1) };
}

/** Refuses a cycle that nobody bills by. */
export function assertCycle({ every, unit }: Cycle): void {
  if (Number.isInteger(every) && every >= 1 && every <= cyclesMax[unit]) return;
  throw new Refusal("invalid_request", `A cycle is 1 to ${cyclesMax[unit]} ${unit}s.`, { param: "cycle" });
}

const cyclesMax: { readonly [U in Cycle["unit"]]: number } = { day: 366, week: 53, month: 36, year: 5 };

export function assertTimeZone(timeZone: string): void {
  try {
    wallClock(timeZone);
  } catch {
    throw new Refusal("invalid_request", `"${timeZone}" is not a time zone like "Europe/Berlin".`, {
      param: "time_zone",
    });
  }
}

interface Ruler {
  /** Where the period of this ordinal starts. */
  boundary(ordinal: number): number;
  /** An ordinal not far from that of the instant. */
  guess(atMs: number): number;
}

function rulerOf({ anchorMs, timeZone, cycle }: Schedule): Ruler {
  const wall = wallClock(timeZone);
  const { months, days } = stepOf[cycle.unit](cycle.every);
  const origin = cycle.align === "anniversary" ? wall(anchorMs) : alignments[cycle.unit](wall(anchorMs), cycle.every);
  const startMs = cycle.align === "anniversary" ? anchorMs : instantOf(wall, origin);
  return {
    boundary: (ordinal) =>
      ordinal === 0 ? startMs : instantOf(wall, addToWall(origin, ordinal * months, ordinal * days)),
    guess: (atMs) => Math.floor((wall(atMs) - origin) / ((months * 30.4 + days) * dayMs)),
  };
}

/** How many months and days a cycle is. */
const stepOf: { readonly [U in Cycle["unit"]]: (every: number) => { months: number; days: number } } = {
  day: (every) => ({ months: 0, days: every }),
  week: (every) => ({ months: 0, days: 7 * every }),
  month: (every) => ({ months: every, days: 0 }),
  year: (every) => ({ months: 12 * every, days: 0 }),
};

/** The wall-clock midnight that the calendar's cycle around an instant begins with; counted since 1970, weeks since a Monday. */
const alignments: { readonly [U in Cycle["unit"]]: (wallMs: WallMs, every: number) => WallMs } = {
  day: (wallMs, every) => floorTo(wallMs, every * dayMs, 0),
  week: (wallMs, every) => floorTo(wallMs, every * 7 * dayMs, 4 * dayMs),
  month: (wallMs, every) => civilMs(0, floorTo(monthAndRest(wallMs).month, every, 0), 1),
  year: (wallMs, every) => civilMs(0, floorTo(monthAndRest(wallMs).month, every * 12, 1970 * 12), 1),
};

const floorTo = (value: number, step: number, phase: number): number =>
  Math.floor((value - phase) / step) * step + phase;

function addToWall(wallMs: WallMs, months: number, days: number): WallMs {
  const { month, day, timeMs } = monthAndRest(wallMs);
  const target = month + months;
  const daysInMonth = new Date(civilMs(0, target + 1, 0)).getUTCDate();
  return civilMs(0, target, Math.min(day, daysInMonth)) + days * dayMs + timeMs;
}

/** The first instant whose wall clock shows `target`, or, when it is skipped, the same distance behind the gap. */
function instantOf(wall: (ms: number) => WallMs, target: WallMs): number {
  const offsetBefore = wall(target - horizonMs) - (target - horizonMs);
  const offsetAfter = wall(target + horizonMs) - (target + horizonMs);
  const candidates = [target - offsetBefore, target - offsetAfter].sort((a, b) => a - b);
  return candidates.find((ms) => wall(ms) === target) ?? target - offsetBefore;
}

function monthAndRest(wallMs: WallMs): { month: number; day: number; timeMs: number } {
  const date = new Date(wallMs);
  const day = date.getUTCDate();
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return { month: year * 12 + month, day, timeMs: wallMs - civilMs(year, month, day) };
}

/** Months may be counted on beyond a year; day 0 is the last of the month before. */
const civilMs = (year: number, month: number, day: number): WallMs =>
  Date.UTC(year + Math.floor(month / 12), ((month % 12) + 12) % 12, day);

/** From an instant to what a wall clock in the zone shows then. Throws for a zone that does not exist. */
function wallClock(timeZone: string): (ms: number) => WallMs {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (ms) => {
    const field: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) field[type] = Number(value);
    const { year, month, day, hour, minute, second } = field;
    invariant(year !== undefined && month !== undefined && day !== undefined, "a date has its parts");
    invariant(hour !== undefined && minute !== undefined && second !== undefined, "a time has its parts");
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1_000) + 1_000) % 1_000);
  };
}
