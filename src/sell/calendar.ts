import { Refusal, invariant } from "../kernel/errors.ts";

/** A half-open stretch of UTC time: start ≤ t < end. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** Wall-clock time written as if it were UTC, in ms. */
type WallMs = number;

const hourMs = 3_600_000;
/** No zone's offset, nor a single change of it, is farther away than this. */
const horizonMs = 36 * hourMs;

/**
 * The `ordinal`-th month of a subscription. Its start is the anchor's wall-clock time `ordinal` months later in the
 * zone; a day the month does not have becomes its last day. A wall-clock time that a change of offset skips moves
 * behind the gap, one that occurs twice is the first.
 */
export function monthOf(anchorMs: number, timeZone: string, ordinal: number): Period {
  const wall = wallClock(timeZone);
  return { startMs: boundary(anchorMs, wall, ordinal), endMs: boundary(anchorMs, wall, ordinal + 1) };
}

/** Which month of the subscription an instant falls into; negative before the anchor. */
export function ordinalAt(anchorMs: number, timeZone: string, atMs: number): number {
  const wall = wallClock(timeZone);
  const anchor = monthAndRest(wall(anchorMs));
  let ordinal = monthAndRest(wall(atMs)).month - anchor.month;
  while (boundary(anchorMs, wall, ordinal) > atMs) ordinal--;
  while (boundary(anchorMs, wall, ordinal + 1) <= atMs) ordinal++;
  return ordinal;
}

export function assertTimeZone(timeZone: string): void {
  try {
    wallClock(timeZone);
  } catch {
    throw new Refusal("invalid_request", `"${timeZone}" is not a time zone like "Europe/Berlin".`, {
      param: "time_zone",
    });
  }
}

function boundary(anchorMs: number, wall: (ms: number) => WallMs, ordinal: number): number {
  if (ordinal === 0) return anchorMs;
  const { month, day, timeMs } = monthAndRest(wall(anchorMs));
  const target = month + ordinal;
  const year = Math.floor(target / 12);
  const daysInMonth = civilDay(year, (target % 12) + 1, 0);
  return instantOf(wall, civilMs(year, target % 12, Math.min(day, daysInMonth)) + timeMs);
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

const civilMs = (year: number, month: number, day: number): WallMs => Date.UTC(year, month, day);

/** The day of the month of a date that may be written with day 0: the last of the month before. */
const civilDay = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month, day)).getUTCDate();

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
