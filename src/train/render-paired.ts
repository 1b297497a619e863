import type { Estimate } from "../models/index.ts";
import type { LossComparison } from "./losses.ts";
import type { Comparison, PairedComparison } from "./paired.ts";
import { fitLeft } from "./text.ts";

/** The facts of a paired comparison for 80 columns; a is the champion or the first named, b the other. */
export function renderPaired(comparison: Comparison): string {
  return "accuracyA" in comparison ? renderClassifiers(comparison) : renderLosses(comparison);
}

function renderLosses({ measure, n, lossA, lossB, difference, unpaired }: LossComparison): string {
  const { value, low, high } = difference;
  const rows: [string, string][] = [
    ["examples in common", `${n}${unpaired > 0 ? ` (${unpaired} others left out)` : ""}`],
    [`${measure}, a and b`, `${lossA.toPrecision(4)} and ${lossB.toPrecision(4)}`],
    ["difference b - a", `${signed(value, 4)} [${signed(low, 4)}, ${signed(high, 4)}]`],
  ];
  return `${rows.map(([name, text]) => `  ${fitLeft(name, 26)}${text}`).join("\n")}\n`;
}

function renderClassifiers(comparison: PairedComparison): string {
  const { n, accuracyA, accuracyB, difference, crossEntropyDifference, discordant, mcnemarP, unpaired } = comparison;
  const points = ({ value, low, high }: Estimate): string =>
    `${signed(value * 100, 2)} points [${signed(low * 100, 2)}, ${signed(high * 100, 2)}]`;
  const nats = ({ value, low, high }: Estimate): string =>
    `${signed(value, 4)} nats [${signed(low, 4)}, ${signed(high, 4)}]`;
  const rows: [string, string][] = [
    ["examples in common", `${n}${unpaired > 0 ? ` (${unpaired} others left out)` : ""}`],
    ["accuracy, a and b", `${(accuracyA * 100).toFixed(2)} % and ${(accuracyB * 100).toFixed(2)} %`],
    ["difference b - a", points(difference)],
    ["right by one alone", `a ${discordant.onlyA}, b ${discordant.onlyB}`],
    ["McNemar, exact", `p = ${mcnemarP < 0.0001 ? mcnemarP.toExponential(1) : mcnemarP.toFixed(4)}`],
    ["cross-entropy b - a", nats(crossEntropyDifference)],
  ];
  return `${rows.map(([name, text]) => `  ${fitLeft(name, 22)}${text}`).join("\n")}\n`;
}

const signed = (value: number, digits: number): string => `${value >= 0 ? "+" : ""}${value.toFixed(digits)}`;
