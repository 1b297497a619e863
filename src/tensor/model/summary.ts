import { flopsOf } from "../graph/flops.ts";
import { shapeText, type Sizes, sizeOf } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { topological } from "../graph/topological.ts";
import { layersOf } from "./layer-names.ts";
import { buildModel, type BuiltModel, type Model } from "./model.ts";

interface Trained {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: string;
  readonly kind: "trained" | "frozen";
}
interface Layer {
  readonly name: string;
  /** Of its last operation. */
  readonly output: Tensor;
  readonly flops: number;
}
type Row = readonly [kind: string, name: string, shape: string, parameters: string, flops: string, begins: string];

/**
 * The exported model as an aligned text table: inputs; layers with the shape they give, their parameters and the
 * floating-point operations of one pass; trained arrays; outputs. `sizes` are those of named dimensions, 1 by default.
 */
export function summarize(model: Model, sizes: Sizes = {}): string {
  const built = buildModel(model, "export");
  const [trained, order] = [trainedOf(built), topological(Object.values(built.outputs))];
  const known = withDefaults(order, sizes);
  const layers = layersIn(order, layersOf(built), known);
  const flops = order.reduce((sum, x) => sum + flopsOf(x, known), 0);
  const belonging = (layer: string): Trained[] =>
    trained.filter(({ name }) => name === layer || name.replace(/\.[^.]+$/, "") === layer);
  const typed = ({ shape, type }: Pick<Tensor, "shape" | "type">): string => `${shapeText(shape)} ${type}`;
  const rows: Row[] = [
    ["", "name", "shape", "parameters", "flops", "begins as"],
    ...built.inputs.map((input): Row => ["input", input.name, typed(input), "", "", ""]),
    ...layers.flatMap(({ name, output, flops: own }): Row[] => {
      const arrays = belonging(name);
      return [
        ["layer", name, shapeText(output.shape), thousands(sizeOfAll(arrays)), thousands(own), ""],
        ...arrays.map((x): Row => [x.kind, x.name, shapeText(x.shape), thousands(sizeOf(x.shape)), "", x.initial]),
      ];
    }),
    ...Object.entries(built.outputs).map(([name, output]): Row => ["output", name, typed(output), "", "", ""]),
  ];
  const at = Object.entries(known).map(([name, size]) => `${name} ${size}`);
  const title = `${model.name}: ${thousands(sizeOfAll(trained))} parameters, ${thousands(flops)} flops`;
  return [`${title}${at.length > 0 ? ` (${at.join(", ")})` : ""}`, ...aligned(rows)].join("\n");
}

function trainedOf({ parameters, tables }: BuiltModel): Trained[] {
  return [
    ...tables.map(({ name, rows, width, initial }) => {
      return { name, shape: [rows, width], initial: initial.name, kind: "trained" as const };
    }),
    ...parameters.map(({ name, shape, initial, trained }) => {
      return { name, shape, initial: initial.name, kind: trained ? ("trained" as const) : ("frozen" as const) };
    }),
  ];
}

function layersIn(order: readonly Tensor[], layers: ReadonlyMap<Tensor, string>, sizes: Sizes): Layer[] {
  const found = new Map<string, Layer>();
  for (const x of order) {
    const name = layers.get(x);
    if (name === undefined || x.inputs.length === 0) continue;
    found.set(name, { name, output: x, flops: (found.get(name)?.flops ?? 0) + flopsOf(x, sizes) });
  }
  return [...found.values()];
}

/** 1 for every named dimension that has no size. */
function withDefaults(order: readonly Tensor[], sizes: Sizes): Sizes {
  const names = order
    .flatMap(({ outputs }) => outputs.flatMap(({ shape }) => shape))
    .filter((dim) => typeof dim === "string");
  const factors = names.flatMap((name) => name.split("*")).filter((factor) => !/^\d+$/.test(factor));
  return Object.fromEntries([...new Set(factors)].map((name) => [name, sizes[name] ?? 1]));
}

function aligned(rows: readonly Row[]): string[] {
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, i: number): string =>
    i === 3 || i === 4 ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}

const sizeOfAll = (arrays: readonly Trained[]): number => arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
const thousands = (count: number): string =>
  Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
