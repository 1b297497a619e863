import type { Estimate, Figure } from "../models/index.ts";
import { type ClassifierAssessment, type FigureAssessment, isClassifierAssessment } from "./assess.ts";
import type { Evaluation } from "./evaluation.ts";
import { fitLeft, fitRight, percentPlain, percents, widthOf } from "./text.ts";

const classesShownMax = 20;
const slicesShownMax = 8;

/** An evaluation for 80 columns: figures with intervals beside the baselines, then classes, confusion, weak slices. */
export function renderEvaluation(evaluation: Evaluation): string {
  return isClassifierAssessment(evaluation) ? renderClassifier(evaluation) : renderFigures(evaluation);
}

type ClassifierEvaluation = Extract<Evaluation, ClassifierAssessment>;

function renderFigures({ split, metrics, baselines }: Extract<Evaluation, FigureAssessment>): string {
  const rows = [{ name: "this model", figures: metrics.figures }, ...baselines];
  const cell = (figures: readonly Figure[], name: string): string =>
    estimateOf(figures.find((one) => one.name === name));
  const isWide = metrics.figures.length <= 2;
  const table = isWide
    ? [
        `  ${fitLeft("", 24)}${metrics.figures.map(({ name }) => fitRight(name, 26)).join("")}`.trimEnd(),
        ...rows.map(({ name, figures }) =>
          `  ${fitLeft(name, 24)}${metrics.figures.map((one) => fitRight(cell(figures, one.name), 26)).join("")}`.trimEnd(),
        ),
      ]
    : metrics.figures.flatMap(({ name: figure, better }) => [
        `  ${figure} (${better} is better)`,
        ...rows.map(({ name, figures }) => `    ${fitLeft(name, 24)}${fitRight(cell(figures, figure), 30)}`),
      ]);
  return [`Evaluation on ${metrics.examples} examples of the ${split} split (95 % intervals)`, "", ...table, ""].join(
    "\n",
  );
}

function estimateOf(figure: Figure | undefined): string {
  if (!figure) return "";
  const short = (value: number): string => String(Number(value.toPrecision(4)));
  const { value, low, high } = figure.estimate;
  return `${short(value)} [${short(low)} ${short(high)}]`;
}

function renderClassifier(evaluation: ClassifierEvaluation): string {
  const { metrics, split } = evaluation;
  return [
    `Evaluation on ${metrics.examples} examples of the ${split} split (95 % intervals)`,
    "",
    ...figureTable(evaluation),
    "",
    ...classTable(evaluation),
    "",
    renderConfusion(
      metrics.classes.map(({ label }) => label),
      metrics.confusion,
    ).trimEnd(),
    "",
    ...sliceLines(evaluation),
    "",
  ].join("\n");
}

function figureTable({ metrics, baselines }: ClassifierEvaluation): string[] {
  const name = 24;
  const column = 22;
  const line = (label: string, cells: readonly string[]): string =>
    `  ${fitLeft(label, name)}${cells.map((cell) => fitRight(cell, column)).join("")}`.trimEnd();
  const decimals = ({ value, low, high }: Estimate): string =>
    `${value.toFixed(3)} [${low.toFixed(3)} ${high.toFixed(3)}]`;
  return [
    line("", ["accuracy", "macro F1"]),
    line("this model", [percents(metrics.accuracy), percents(metrics.macroF1)]),
    ...baselines.map((baseline) => line(baseline.name, [percents(baseline.accuracy), percents(baseline.macroF1)])),
    "",
    line("macro precision", [percents(metrics.macroPrecision)]),
    line("macro recall", [percents(metrics.macroRecall)]),
    line("cross-entropy, nats", [decimals(metrics.crossEntropy)]),
    line("calibration error", [percents(metrics.calibrationError)]),
    ...(metrics.calibrationErrorBefore === undefined
      ? []
      : [line("  before calibration", [percentPlain(metrics.calibrationErrorBefore)])]),
    ...(metrics.areaUnderCurve
      ? [line("area under curve", [decimals(metrics.areaUnderCurve)]), ...areasOf(baselines, line, decimals)]
      : []),
    ...(metrics.refusal
      ? [
          line(`answered, from ${percentPlain(metrics.refusal.threshold)}`, [percents(metrics.refusal.coverage)]),
          line("  wrong among those", [percents(metrics.refusal.error)]),
        ]
      : []),
  ];
}

function areasOf(
  baselines: ClassifierEvaluation["baselines"],
  line: (label: string, cells: readonly string[]) => string,
  decimals: (estimate: Estimate) => string,
): string[] {
  return baselines.flatMap(({ name, areaUnderCurve: area }) =>
    area && name !== "majority class" ? [line(`  ${name}`, [decimals(area)])] : [],
  );
}

/** Every class, or those with the lowest F1 when there are many. */
function classTable({ metrics }: ClassifierEvaluation): string[] {
  const sorted = [...metrics.classes].sort((a, b) => a.f1.value - b.f1.value);
  const shown = metrics.classes.length > classesShownMax ? sorted.slice(0, classesShownMax) : metrics.classes;
  const name = Math.min(28, Math.max(8, ...shown.map(({ label }) => widthOf(label)))) + 1;
  const line = (label: string, cells: readonly string[]): string =>
    `  ${fitLeft(label, name)}${cells.map((cell, i) => fitRight(cell, i === 0 ? 9 : i === 3 ? 20 : 10)).join("")}`;
  return [
    line("label", ["examples", "precision", "recall", "F1"]),
    ...shown.map(({ label, examples, precision, recall, f1 }) =>
      line(label, [`${examples}`, percentPlain(precision.value), percentPlain(recall.value), percents(f1)]),
    ),
    ...(shown.length < metrics.classes.length ? [`  the weakest ${shown.length} of ${metrics.classes.length}`] : []),
  ];
}

const confusionClassesMax = 8;
const confusionPairsMax = 10;
const corner = "true \\ said";

/** The matrix, or, when it would not fit, the most frequent mistakes. Rows are true labels, columns answers. */
export function renderConfusion(labels: readonly string[], matrix: readonly (readonly number[])[]): string {
  if (labels.length > confusionClassesMax) return renderMistakes(labels, matrix);
  const width = Math.min(16, Math.max(widthOf(corner), ...labels.map(widthOf)));
  const longest = Math.max(5, ...labels.map(widthOf));
  const cell = Math.max(4, Math.min(longest, Math.floor((76 - width) / labels.length) - 2)) + 2;
  const lines = [
    `  ${fitLeft(corner, width)}${labels.map((label) => fitRight(label, cell)).join("")}`,
    ...matrix.map(
      (row, i) => `  ${fitLeft(labels[i] ?? "", width)}${row.map((count) => fitRight(`${count}`, cell)).join("")}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function renderMistakes(labels: readonly string[], matrix: readonly (readonly number[])[]): string {
  const mistakes = matrix
    .flatMap((row, i) => row.map((count, k) => ({ count, said: labels[k] ?? "", truth: labels[i] ?? "", i, k })))
    .filter(({ count, i, k }) => count > 0 && i !== k)
    .sort((a, b) => b.count - a.count)
    .slice(0, confusionPairsMax);
  if (mistakes.length === 0) return "  No mistakes.\n";
  const lines = mistakes.map(({ count, said, truth }) =>
    `  ${fitRight(`${count}`, 5)} × ${fitLeft(truth, 30)} said ${fitLeft(said, 30)}`.trimEnd(),
  );
  return `  Most frequent mistakes (true label, answer)\n${lines.join("\n")}\n`;
}

function sliceLines({ slices }: ClassifierEvaluation): string[] {
  const weak = slices.filter(({ isWeak }) => isWeak).sort((a, b) => a.accuracy.value - b.accuracy.value);
  if (weak.length === 0) return ["  No slice is weaker than the whole beyond chance."];
  return [
    "  Weak slices",
    ...weak
      .slice(0, slicesShownMax)
      .map(({ name, examples, accuracy }) =>
        `  ${fitLeft(name, 40)}${fitRight(`${examples}`, 8)}${fitRight(percents(accuracy), 24)}`.trimEnd(),
      ),
  ];
}
