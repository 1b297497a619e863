import { type CategoryColumn, type NumberColumn, type TablePreprocessing, onLogScale } from "../../../models/index.ts";

export interface ColumnFields {
  /** Intervals that a number is cut into at its quantiles; 0 for none. */
  readonly intervals: number;
  /** The most frequent values of a category that are known. */
  readonly values: number;
  /** Training rows below which a value of a category counts as unknown. */
  readonly rows_min: number;
}

/** Of each end of a number column, the share of values that counts as extreme. */
const extremeShare = 0.005;
/** A column whose skewness is beyond this is read on a logarithmic scale. */
const skewnessMax = 2;

/** How rows are read, settled from the training split. A column is a number when no row has a text in it. */
export function learnColumns(rows: readonly string[], fields: ColumnFields): TablePreprocessing {
  const parsed = rows.map((row) => JSON.parse(row) as Readonly<Record<string, string | number | null>>);
  const names = Object.keys(parsed[0] ?? {});
  const columns = names.map((name) => ({ name, cells: parsed.map((row) => row[name] ?? null) }));
  const isNumber = (cells: readonly unknown[]): boolean =>
    cells.some((cell) => typeof cell === "number") && cells.every((cell) => typeof cell !== "string");
  return {
    kind: "table-row",
    format: 1,
    numbers: columns
      .filter(({ cells }) => isNumber(cells))
      .map(({ name, cells }) =>
        learnNumber(
          name,
          cells.filter((cell) => typeof cell === "number"),
          fields,
        ),
      ),
    categories: columns
      .filter(({ cells }) => !isNumber(cells))
      .map(({ name, cells }) => learnCategory(name, cells.filter((cell) => cell !== null).map(String), fields)),
  };
}

function learnNumber(name: string, values: readonly number[], { intervals }: ColumnFields): NumberColumn {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(extremeShare), at(1 - extremeShare)];
  const held = sorted.map((value) => Math.min(Math.max(value, low), high));
  const isLogarithmic = Math.abs(momentsOf(held).skewness) > skewnessMax;
  const { mean, deviation } = momentsOf(isLogarithmic ? held.map(onLogScale) : held);
  const quantiles = Array.from({ length: intervals + 1 }, (_, k) => (intervals === 0 ? 0 : at(k / intervals)));
  const knots = [...new Set(quantiles.map((value) => Math.min(Math.max(value, low), high)))];
  return { name, low, high, isLogarithmic, mean, deviation: deviation || 1, knots: knots.length > 2 ? knots : [] };
}

function momentsOf(values: Float64Array): { mean: number; deviation: number; skewness: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const power = (k: number): number => values.reduce((sum, x) => sum + (x - mean) ** k, 0) / values.length;
  const deviation = Math.sqrt(power(2));
  return { mean, deviation, skewness: deviation === 0 ? 0 : power(3) / deviation ** 3 };
}

function learnCategory(
  name: string,
  values: readonly string[],
  { values: most, rows_min }: ColumnFields,
): CategoryColumn {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const known = [...counts]
    .filter(([, count]) => count >= rows_min)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, most);
  return { name, values: known.map(([value]) => value) };
}
