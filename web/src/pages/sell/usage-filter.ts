import type { UsageSearch } from "../../app/routes/sell.ts";

const dayMs = 86_400_000;

export const spans = ["week", "month", "quarter", "this_month", "last_month"] as const;
export type Span = (typeof spans)[number];
const days: Partial<Record<Span, number>> = { week: 7, month: 31, quarter: 92 };

/** Whole UTC days, so that the same is asked all day long. */
export function timeOf(span: Span, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const now = new Date(nowMs);
  const monthStart = (months: number): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1);
  if (span === "this_month") return { fromMs: monthStart(0), toMs: monthStart(1) };
  if (span === "last_month") return { fromMs: monthStart(-1), toMs: monthStart(0) };
  const toMs = (Math.floor(nowMs / dayMs) + 1) * dayMs;
  return { fromMs: toMs - (days[span] ?? 31) * dayMs, toMs };
}

export const spanOf = ({ span }: UsageSearch): Span => spans.find((each) => each === span) ?? "month";

/** Every day of a time, also those without usage, with what each currency has on it. */
export function seriesOf(
  rows: readonly { readonly day: string; readonly currency: string; readonly value: number }[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): {
  readonly xs: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
} {
  const xs = Array.from({ length: Math.round((toMs - fromMs) / dayMs) }, (_, at) => fromMs + at * dayMs);
  const known = new Map(rows.map(({ day, currency, value }) => [`${day} ${currency}`, value]));
  const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const currencies = [...new Set(rows.map(({ currency }) => currency))].toSorted();
  return {
    xs,
    series: currencies.map((name) => ({ name, values: xs.map((ms) => known.get(`${dayOf(ms)} ${name}`) ?? 0) })),
  };
}
