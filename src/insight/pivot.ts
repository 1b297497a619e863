import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { accuracyByFeedback } from "../feedback/index.ts";
import type { Queries } from "../store/index.ts";
import { type Range, answersByDay, dayMs, moneyByDay } from "./days.ts";
import { type WheelRow, peopleOf, wheelRows } from "./wheel.ts";

export const steps = ["day", "week", "month"] as const;
export type Step = (typeof steps)[number];

/** The wheel report of one stretch of time, cut into days, weeks from Monday or months, all of UTC. */
export interface PivotRow extends WheelRow {
  readonly fromMs: number;
}

export interface PivotRange extends Range {
  readonly step: Step;
}

/** Model version × customer × partner × time, by postings. Refuses (`invalid_request`) more steps than a page can show. */
export async function pivotReport(db: Queries, range: PivotRange): Promise<readonly PivotRow[]> {
  const cuts = cutsOf(range);
  const people = await peopleOf(db);
  const money = byStep(await moneyByDay(db, range), cuts);
  const answers = byStep(await answersByDay(db, range), cuts);
  const rows: PivotRow[] = [];
  for (const [i, fromMs] of cuts.entries()) {
    const accuracies = await accuracyByFeedback(db, { sinceMs: fromMs, untilMs: cuts[i + 1] ?? range.toMs });
    const facts = { money: money[i] ?? [], answers: answers[i] ?? [], accuracies };
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
export function cutsOf({ fromMs, toMs, step }: PivotRange): readonly number[] {
  const cuts: number[] = [];
  for (let at = fromMs; at < toMs; at = nextCut(at, step)) {
    if (cuts.length === limits.pivotStepsMax) {
      throw new Refusal("invalid_request", `That is more than ${limits.pivotStepsMax} steps of a ${step}.`, {
        param: "step",
        hint: "Ask for a shorter time or a longer step.",
      });
    }
    cuts.push(at);
  }
  return cuts;
}

/** The next midnight, Monday or first of a month after `ms`. */
function nextCut(ms: number, step: Step): number {
  const day = Math.floor(ms / dayMs);
  if (step === "day") return (day + 1) * dayMs;
  if (step === "week") return (day + 7 - ((day + 3) % 7)) * dayMs; // 1 January 1970 was a Thursday
  const at = new Date(ms);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}
