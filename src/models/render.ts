import type { ModelComparison } from "./compare.ts";
import type { Estimate, Model } from "./model.ts";

/** Models as a table of 80 columns. */
export function renderModels(models: readonly Model[]): string {
  if (models.length === 0) return "No models yet.\n";
  const head = row("model", "name", "test accuracy", "made");
  return [
    head,
    ...models.map(({ id, name, summary, createdAtMs }) => row(id, name, accuracy(summary?.accuracy), day(createdAtMs))),
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
      ...(summary
        ? [
            `  accuracy         ${percents(summary.accuracy)}`,
            `  macro F1         ${percents(summary.macroF1)}`,
            `  cross-entropy    ${summary.crossEntropy.value.toFixed(3)}`,
            `  calibration err. ${percents(summary.calibrationError)}`,
          ]
        : ["  never evaluated"]),
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

const accuracy = (estimate: Estimate | undefined): string =>
  estimate ? `${(estimate.value * 100).toFixed(1)} %` : "not measured";

const percents = ({ value, low, high }: Estimate): string =>
  `${(value * 100).toFixed(2)} % [${(low * 100).toFixed(2)}, ${(high * 100).toFixed(2)}]`;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
