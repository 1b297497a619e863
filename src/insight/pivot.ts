import { dayMs } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries } from "../store/index.ts";
import { type Range, answersByDay, daysOf, moneyByDay } from "./days.ts";
import { moneyKinds } from "./money-kinds.ts";
import { type WheelRow, peopleOf, reviewedIn, wheelRows } from "./wheel.ts";

export const steps = ["day", "week", "month"] as const;
export type Step = (typeof steps)[number];

/** The wheel report of one stretch of time, cut into days, weeks from Monday or months, all of UTC. */
export interface PivotRow extends WheelRow {
  readonly fromMs: number;
}

export interface PivotRange extends Range {
  readonly step: Step;
}

export const pivotDimensions = ["time", "model", "customer", "partner"] as const;

export interface PivotAsk extends PivotRange {
  /** Steps are told apart by `time`; else all is one. */
  readonly by: readonly (typeof pivotDimensions)[number][];
}

/**
 * Model version × customer × partner × time, by postings, told apart by what is asked. Refuses (`invalid_request`) more steps
 * than a page can show.
 */
export async function pivotReport(db: Queries, { by, ...range }: PivotAsk): Promise<readonly PivotRow[]> {
  const steps = cutsOf(range);
  const cuts = by.includes("time") ? steps : [range.fromMs];
  const whom = by.filter((dimension) => dimension !== "time");
  const people = await peopleOf(db);
  const days = await daysOf(db, range);
  const isByDay = by.includes("time") && range.step === "day"; // days as they are need no steps found for them
  const sums = isByDay ? { by: whom } : { by: whom, cuts };
  const moneyIn = byStep(await moneyByDay(db, days, { kinds: Object.keys(moneyKinds), ...sums }), cuts);
  const answersIn = byStep(await answersByDay(db, days, sums), cuts);
  const rows: PivotRow[] = [];
  for (const [i, fromMs] of cuts.entries()) {
    const reviewed = await reviewedIn(db, { fromMs, toMs: cuts[i + 1] ?? range.toMs }, people, whom);
    const facts = { money: moneyIn[i] ?? [], answers: answersIn[i] ?? [], reviewed };
    rows.push(...wheelRows(people, facts).map((row) => ({ ...row, fromMs })));
  }
  return rows;
}

/** No day lies in two steps: each begins where a day does. */
function byStep<T extends { readonly fromMs: number }>(days: readonly T[], cuts: readonly number[]): T[][] {
  const steps = cuts.map((): T[] => []);
  for (const day of days) {
    const after = cuts.findIndex((cut) => cut > day.fromMs);
    steps.at(after < 0 ? -1 : after - 1)?.push(day);
  }
  return steps;
}

/** Where the steps begin; the first one where the range does. */
export function cutsOf(range: PivotRange): readonly number[] {
  const cuts: number[] = [];
  for (const at of stepsOf(range)) {
    if (cuts.length === limits.pivotStepsMax) {
      throw new Refusal("invalid_request", `That is more than ${limits.pivotStepsMax} steps of a ${range.step}.`, {
        param: "step",
        hint: "Ask for a shorter time or a longer step.",
      });
    }
    cuts.push(at);
  }
  return cuts;
}

/** The same, however many. */
export function* stepsOf({ fromMs, toMs, step }: PivotRange): Iterable<number> {
  for (let at = fromMs; at < toMs; at = nextCut(at, step)) yield at;
}

/** The next midnight, Monday or first of a month after `ms`. */
function nextCut(ms: number, step: Step): number {
  const day = Math.floor(ms / dayMs);
  if (step === "day") return (day + 1) * dayMs;
  if (step === "week") return (day + 7 - ((day + 3) % 7)) * dayMs; // 1 January 1970 was a Thursday
  const at = new Date(ms);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}
