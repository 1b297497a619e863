import { shapeText, sizeOf } from "../graph/shape.ts";
import { buildModel, type Model } from "./model.ts";

/** The model's inputs, trained arrays and outputs as an aligned text table. */
export function summarize(model: Model): string {
  const built = buildModel(model, "export");
  const parameters = built.parameters.map(({ name, shape, initial }) => ({ name, shape, initial: initial.name }));
  const tables = built.tables.map(({ name, rows, width, initial }) => ({
    name,
    shape: [rows, width],
    initial: initial.name,
  }));
  const trained = [...tables, ...parameters];
  const count = trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const rows = [
    ["", "name", "shape", "parameters", "begins as"],
    ...built.inputs.map(({ name, shape, type }) => ["input", name, `${shapeText(shape)} ${type}`, "", ""]),
    ...trained.map(({ name, shape, initial }) => [
      "trained",
      name,
      shapeText(shape),
      thousands(sizeOf(shape)),
      initial,
    ]),
    ...Object.entries(built.outputs).map(([name, { shape, type }]) => [
      "output",
      name,
      `${shapeText(shape)} ${type}`,
      "",
      "",
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0, i === 3))
      .join("  ")
      .trimEnd(),
  );
  return [`${model.name}: ${thousands(count)} parameters`, ...lines].join("\n");
}

const pad = (text: string, width: number, right: boolean): string =>
  right ? text.padStart(width) : text.padEnd(width);
const thousands = (count: number): string => count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
