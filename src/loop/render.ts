import { renderPaired } from "../train/index.ts";
import type { Verdict } from "./verdicts.ts";

const words: { readonly [D in Verdict["decision"]]: string } = {
  promote: "PROMOTED: proved better",
  keep: "KEPT the champion: the candidate is worse",
  not_proven: "NOT PROVEN: the champion stays",
};

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** The receipt of a judgement, for 80 columns: the decision, the facts, and whom it reaches. */
export function renderVerdict(verdict: Verdict): string {
  const { comparison, touches } = verdict;
  const points = (share: number): string => `${share >= 0 ? "+" : ""}${(share * 100).toFixed(2)}`;
  return [
    `${words[verdict.decision]}  (${verdict.id})`,
    `  champion  ${verdict.champion}`,
    `  candidate ${verdict.candidate}`,
    ...("accuracyA" in comparison
      ? [
          `  accuracy ${points(comparison.difference.value)} points, 95 % interval ${points(comparison.difference.low)} to ${points(comparison.difference.high)}`,
        ]
      : []),
    `  ${verdict.reason}`,
    "",
    renderPaired(comparison).trimEnd(),
    "",
    `Reaches ${count(touches.customers.length, "customer")}: ${touches.customers.map(({ name }) => name).join(", ") || "none yet"};`,
    `through ${count(touches.partners.length, "partner")}. Candidates judged on this endpoint before: ${verdict.judgedBefore}.`,
    "",
  ].join("\n");
}
