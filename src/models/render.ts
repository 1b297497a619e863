import type { ModelComparison } from "./compare.ts";
import type { Estimate, Model, ModelSummary } from "./model.ts";

/** Models as a table of 80 columns. */
export function renderModels(models: readonly Model[]): string {
  if (models.length === 0) return "No models yet.\n";
  const head = row("model", "name", "on test", "made");
  return [
    head,
    ...models.map(({ id, name, summary, createdAtMs }) => row(id, name, mainFigure(summary), day(createdAtMs))),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** Two or more models side by side, one block each. */
export function renderComparison({ models, differ, sameLabels }: ModelComparison): string {
  const blocks = models.map(({ id, name, summary, lineage, onnxBytes, digest }) =>
    [
      `${id}  ${name}`,
      `  answers by       ${digest.slice(0, 12)}, ${(onnxBytes / 1e6).toFixed(1)} MB`,
      `  dataset version  ${lineage.datasetVersion ?? "unknown"}`,
      ...(summary ? summaryLines(summary) : ["  never evaluated"]),
    ].join("\n"),
  );
  const same = differ.length === 0 ? "The files are the same." : `Different: ${differ.join(", ")}.`;
  return `${blocks.join("\n")}\n${same}${sameLabels ? "" : " Their labels differ: they answer different questions."}\n`;
}

const row = (id: string, name: string, figure: string, date: string): string =>
  `${id.padEnd(30)}  ${fit(name, 18)}  ${figure.padEnd(13)}  ${date}`;

/** At most `width` characters, so that a row stays within 80 columns. */
const fit = (text: string, width: number): string =>
  (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width);

function summaryLines(summary: ModelSummary): string[] {
  const line = (name: string, text: string): string => `  ${name.padEnd(17)}${text}`;
  if ("figures" in summary) return summary.figures.map(({ name, estimate }) => line(name, decimals(estimate)));
  return [
    line("accuracy", percents(summary.accuracy)),
    line("macro F1", percents(summary.macroF1)),
    line("cross-entropy", summary.crossEntropy.value.toFixed(3)),
    line("calibration err.", percents(summary.calibrationError)),
  ];
}

function mainFigure(summary: ModelSummary | null): string {
  if (summary === null) return "not measured";
  if (!("figures" in summary)) return `${(summary.accuracy.value * 100).toFixed(1)} %`;
  const [main] = summary.figures;
  return main ? `${main.name} ${significant(main.estimate.value)}` : "";
}

const significant = (value: number): string => String(Number(value.toPrecision(4)));
const decimals = ({ value, low, high }: Estimate): string =>
  `${significant(value)} [${significant(low)}, ${significant(high)}]`;

const percents = ({ value, low, high }: Estimate): string =>
  `${(value * 100).toFixed(2)} % [${(low * 100).toFixed(2)}, ${(high * 100).toFixed(2)}]`;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
