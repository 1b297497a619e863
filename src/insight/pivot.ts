import { Refusal } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import type { Queries } from "../store/index.ts";
import { type WheelRow, wheelReport } from "./wheel.ts";

export const steps = ["day", "week", "month"] as const;
export type Step = (typeof steps)[number];

/** The wheel report of one stretch of time, cut into days, weeks from Monday or months, all of UTC. */
export interface PivotRow extends WheelRow {
  readonly fromMs: number;
}

export interface PivotRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly step: Step;
}

/** Model version × customer × partner × time, by postings. Refuses (`invalid_request`) more steps than a page can show. */
export async function pivotReport(db: Queries, range: PivotRange): Promise<readonly PivotRow[]> {
  const cuts = cutsOf(range);
  const rows: PivotRow[] = [];
  for (const [i, fromMs] of cuts.entries()) {
    const toMs = cuts[i + 1] ?? range.toMs;
    const report = await wheelReport(db, { fromMs, toMs });
    rows.push(...report.rows.map((row) => ({ ...row, fromMs })));
  }
  return rows;
}

const dayMs = 86_400_000;

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
