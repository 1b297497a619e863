import { dayMs } from "../kernel/clock.ts";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { type Cycle, type Schedule, assertCycle, assertTimeZone, monthly, periodAt, periodOf } from "./calendar.ts";

const monthOf = (anchorMs: number, timeZone: string, ordinal: number) =>
  periodOf({ anchorMs, timeZone, cycle: monthly }, ordinal);
const ordinalAt = (anchorMs: number, timeZone: string, atMs: number) =>
  periodAt({ anchorMs, timeZone, cycle: monthly }, atMs).ordinal;

const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

describe("the months of a subscription", () => {
  const cases: [string, string, string, number, string, string][] = [
    ["calendar months in UTC", "2026-01-01T00:00Z", "UTC", 1, "2026-02-01T00:00", "2026-03-01T00:00"],
    ["the 31st becomes the last day", "2026-01-31T12:00Z", "UTC", 1, "2026-02-28T12:00", "2026-03-31T12:00"],
    ["and the 29th in a leap year", "2028-01-31T12:00Z", "UTC", 1, "2028-02-29T12:00", "2028-03-31T12:00"],
    ["over the end of a year", "2026-12-15T00:00Z", "UTC", 1, "2027-01-15T00:00", "2027-02-15T00:00"],
    ["backwards, before the anchor", "2026-03-15T00:00Z", "UTC", -1, "2026-02-15T00:00", "2026-03-15T00:00"],
    [
      "Berlin keeps midnight as summer begins",
      "2026-02-28T23:00Z",
      "Europe/Berlin",
      1,
      "2026-03-31T22:00",
      "2026-04-30T22:00",
    ],
    [
      "a skipped hour moves behind the gap",
      "2026-02-28T01:30Z",
      "Europe/Berlin",
      1,
      "2026-03-28T01:30",
      "2026-04-28T00:30",
    ],
    [
      "02:30 on the day it does not exist",
      "2026-01-29T01:30Z",
      "Europe/Berlin",
      2,
      "2026-03-29T01:30",
      "2026-04-29T00:30",
    ],
    [
      "an hour that comes twice is the first",
      "2026-09-25T00:30Z",
      "Europe/Berlin",
      1,
      "2026-10-25T00:30",
      "2026-11-25T01:30",
    ],
    ["Samoa had no 30 December 2011", "2011-11-30T12:00Z", "Pacific/Apia", 1, "2011-12-30T12:00", "2012-01-29T12:00"],
    ["half-hour zones", "2026-01-31T18:30Z", "Asia/Kolkata", 1, "2026-02-28T18:30", "2026-03-31T18:30"],
  ];
  it.each(cases)("%s", (_story, anchor, zone, ordinal, start, end) => {
    const month = monthOf(at(anchor), zone, ordinal);
    expect([iso(month.startMs), iso(month.endMs)]).toEqual([start, end]);
  });

  it("begin at the anchor, touch without gap or overlap, and find every instant, in all IANA zones", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    expect(zones.length).toBeGreaterThan(400);
    const random = fc.sample(
      fc.tuple(
        fc.integer({ min: at("1995-01-01T00:00Z"), max: at("2040-01-01T00:00Z") }),
        fc.integer({ min: 1, max: 40 }),
      ),
      { numRuns: zones.length * 2, seed: 7 },
    );
    for (const [i, [anchorMs, ordinal]] of random.entries()) {
      const zone = zones[i % zones.length]!;
      const months = [0, ordinal - 1, ordinal, ordinal + 1].map((n) => monthOf(anchorMs, zone, n));
      const [first, before, month, after] = months as [Month, Month, Month, Month];
      const story = `${zone} from ${iso(anchorMs)}, month ${ordinal}`;
      expect(first.startMs, story).toBe(anchorMs);
      expect(before.endMs, story).toBe(month.startMs);
      expect(month.endMs, story).toBe(after.startMs);
      const days = (month.endMs - month.startMs) / dayMs;
      expect(days, story).toBeGreaterThan(26);
      expect(days, story).toBeLessThan(33);
      const instants = [month.startMs, month.endMs - 1, Math.floor((month.startMs + month.endMs) / 2)];
      for (const instant of instants) expect(ordinalAt(anchorMs, zone, instant), story).toBe(ordinal);
    }
  });

  it("start at the anchor's wall-clock time, or behind the gap that skipped it, in all IANA zones", () => {
    const anchorMs = at("2025-11-30T07:45Z");
    let moved = 0;
    for (const timeZone of Intl.supportedValuesOf("timeZone")) {
      const clock = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "medium" });
      for (const ordinal of [1, 4, 7, 12]) {
        if (clock.format(monthOf(anchorMs, timeZone, ordinal).startMs) !== clock.format(anchorMs)) moved++;
      }
    }
    expect(moved).toBeLessThanOrEqual(5); // no zone skips more than an hour, and hardly any at this time of day
  });

  it("refuse a zone that does not exist", () => {
    expect(() => assertTimeZone("Europe/Nowhere")).toThrow(expect.objectContaining({ code: "invalid_request" }));
    expect(() => assertTimeZone("Asia/Shanghai")).not.toThrow();
  });
});

type Month = ReturnType<typeof monthOf>;

describe("the cycles of a subscription", () => {
  const cycle = (every: number, unit: Cycle["unit"], align: Cycle["align"] = "anniversary"): Cycle => ({
    every,
    unit,
    align,
  });
  const cases: [string, Cycle, string, string, string, string, string][] = [
    [
      "every day",
      cycle(1, "day"),
      "2026-03-28T12:00Z",
      "UTC",
      "2026-03-30T13:00Z",
      "2026-03-30T12:00",
      "2026-03-31T12:00",
    ],
    [
      "a day of 23 hours",
      cycle(1, "day", "calendar"),
      "2026-03-28T12:00Z",
      "Europe/Berlin",
      "2026-03-29T12:00Z",
      "2026-03-28T23:00",
      "2026-03-29T22:00",
    ],
    [
      "a day of 25 hours",
      cycle(1, "day", "calendar"),
      "2026-10-01T12:00Z",
      "Europe/Berlin",
      "2026-10-25T12:00Z",
      "2026-10-24T22:00",
      "2026-10-25T23:00",
    ],
    [
      "two weeks from the anchor",
      cycle(2, "week"),
      "2026-01-01T00:00Z",
      "UTC",
      "2026-01-20T00:00Z",
      "2026-01-15T00:00",
      "2026-01-29T00:00",
    ],
    [
      "weeks begin on Monday",
      cycle(1, "week", "calendar"),
      "2026-01-01T09:00Z",
      "UTC",
      "2026-01-01T09:00Z",
      "2025-12-29T00:00",
      "2026-01-05T00:00",
    ],
    [
      "calendar months",
      cycle(1, "month", "calendar"),
      "2026-01-15T09:00Z",
      "Asia/Shanghai",
      "2026-01-31T15:59Z",
      "2025-12-31T16:00",
      "2026-01-31T16:00",
    ],
    [
      "quarters of the calendar",
      cycle(3, "month", "calendar"),
      "2026-02-15T09:00Z",
      "UTC",
      "2026-05-01T00:00Z",
      "2026-04-01T00:00",
      "2026-07-01T00:00",
    ],
    [
      "years from 29 February",
      cycle(1, "year"),
      "2028-02-29T00:00Z",
      "UTC",
      "2029-06-01T00:00Z",
      "2029-02-28T00:00",
      "2030-02-28T00:00",
    ],
    [
      "and back to it in the next leap year",
      cycle(1, "year"),
      "2028-02-29T00:00Z",
      "UTC",
      "2032-06-01T00:00Z",
      "2032-02-29T00:00",
      "2033-02-28T00:00",
    ],
    [
      "calendar years",
      cycle(1, "year", "calendar"),
      "2026-07-01T00:00Z",
      "America/New_York",
      "2026-07-01T00:00Z",
      "2026-01-01T05:00",
      "2027-01-01T05:00",
    ],
    [
      "before the anchor they go on backwards",
      cycle(1, "week"),
      "2026-01-08T00:00Z",
      "UTC",
      "2026-01-07T23:59Z",
      "2026-01-01T00:00",
      "2026-01-08T00:00",
    ],
  ];
  it.each(cases)("%s", (_story, cycle, anchor, timeZone, instant, start, end) => {
    const found = periodAt({ anchorMs: at(anchor), timeZone, cycle }, at(instant));
    expect([iso(found.startMs), iso(found.endMs)]).toEqual([start, end]);
  });

  it("touch without gap or overlap and find every instant, in all IANA zones", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const units = ["day", "week", "month", "year"] as const;
    const samples = fc.sample(
      fc.record({
        anchorMs: fc.integer({ min: at("1995-01-01T00:00Z"), max: at("2040-01-01T00:00Z") }),
        ordinal: fc.integer({ min: -20, max: 40 }),
        every: fc.integer({ min: 1, max: 5 }),
        unit: fc.constantFrom(...units),
        align: fc.constantFrom("anniversary" as const, "calendar" as const),
      }),
      { numRuns: zones.length * 2, seed: 11 },
    );
    for (const [i, { anchorMs, ordinal, ...cycle }] of samples.entries()) {
      const schedule: Schedule = { anchorMs, timeZone: zones[i % zones.length]!, cycle };
      const story = JSON.stringify({ ...schedule, ordinal });
      const own = periodOf(schedule, ordinal);
      expect(own.endMs, story).toBe(periodOf(schedule, ordinal + 1).startMs);
      expect(own.endMs, story).toBeGreaterThan(own.startMs);
      for (const instant of [own.startMs, own.endMs - 1]) {
        expect(periodAt(schedule, instant), story).toEqual({ ordinal, ...own });
      }
      const first = periodOf(schedule, 0);
      expect(first.startMs <= anchorMs && anchorMs < first.endMs, story).toBe(true);
      expect(cycle.align === "calendar" || first.startMs === anchorMs, story).toBe(true);
    }
  });

  it.each([
    ["nothing", cycle(0, "month")],
    ["half a month", cycle(0.5, "month")],
    ["too long", cycle(6, "year")],
  ])("refuse %s", (_story, wrong) => {
    expect(() => assertCycle(wrong)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  });
});
