import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { assertTimeZone, monthOf, ordinalAt } from "./calendar.ts";

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
      const days = (month.endMs - month.startMs) / 86_400_000;
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
