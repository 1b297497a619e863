import { formatAmount } from "../kernel/money.ts";
import type { Check } from "../ledger/index.ts";
import type { Conservation } from "./doctor/conservation.ts";
import type { WheelReport, WheelRow } from "./wheel.ts";

/** Text for 80 columns. */

const share = (value: number): string => (value * 100).toFixed(1);

/** Amounts to four decimals: a prediction costs far less than a cent. */
function short(nanos: bigint): string {
  const [whole = "0", fraction = ""] = formatAmount(nanos).split(".");
  return `${whole}.${fraction.padEnd(4, "0").slice(0, 4)}`;
}

export function renderWheel(report: WheelReport): string {
  if (report.rows.length === 0) return "Nothing was answered or billed in this time.\n";
  const lines: string[] = [];
  for (const model of new Set(report.rows.map((row) => row.model))) {
    lines.push(model ?? "monthly fees (no model earns them alone)", header);
    for (const row of report.rows) if (row.model === model) lines.push(wheelLine(row));
    lines.push("");
  }
  lines.push("right %: of the predictions a reviewer looked at, with the 95 % interval.");
  return `${lines.join("\n")}\n`;
}

const header = " customer / partner     calls right % (95 %)     revenue   cost   comm.  margin";

function wheelLine(row: WheelRow): string {
  const who = `${row.customerName} / ${row.partnerName ?? "direct"}`;
  const right = row.accuracy
    ? `${share(row.accuracy.value)} (${share(row.accuracy.low)}-${share(row.accuracy.high)})`
    : "-";
  return [
    ` ${fit(who, 21)}`,
    String(row.predictions).padStart(6),
    fit(right, 16),
    short(row.revenueNanos).padStart(8),
    short(row.costNanos).padStart(6),
    short(row.commissionNanos).padStart(7),
    short(row.marginNanos).padStart(7),
  ].join(" ");
}

const fit = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

export function renderChecks(checks: readonly Check[]): string {
  const lines = checks.map(({ name, looked, problemCount, problems }) => {
    const mark = problemCount > 0 ? "✗" : looked === 0 ? "·" : "✓";
    const told =
      problemCount > 0 ? `${problemCount} problems` : looked === 0 ? "nothing to look at yet" : `${looked} looked at`;
    return [`${mark} ${name}: ${told}`, ...problems.map((problem) => `    ${problem}`)].join("\n");
  });
  return `${lines.join("\n")}\n`;
}

export function renderConservation(counts: Conservation): string {
  const mark = counts.holds ? "=" : "≠";
  return [
    `${counts.predictions} predictions ${mark} ${counts.usageEvents} usage events,`,
    `${counts.usageUnits} units ${mark} ${counts.invoicedUnits} invoiced + ${counts.openUnits} in open periods\n`,
  ].join("\n");
}
