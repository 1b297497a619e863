import type { Columns } from "./boosted-trees.ts";

type Row = Readonly<Record<string, string | number | null>>;

/**
 * Rows as columns of numbers. A category's values are ordered by the mean target of their training rows, held towards the
 * mean of all (Micci-Barreca 2001), as trees cut an order best there; unknown and missing values are missing.
 */
export function columnsOf(train: readonly string[], targets: Float64Array): (rows: readonly string[]) => Columns {
  const parsed = train.map(parse);
  const names = Object.keys(parsed[0] ?? {});
  const orders = new Map(
    names.map((name) => [
      name,
      orderOf(
        parsed.map((row) => row[name] ?? null),
        targets,
      ),
    ]),
  );
  return (rows) => {
    const asked = rows.map(parse);
    return names.map((name) => {
      const order = orders.get(name);
      return Float64Array.from(asked, (row) => {
        const cell = row[name] ?? null;
        if (cell === null) return Number.NaN;
        return order ? (order.get(String(cell)) ?? Number.NaN) : Number(cell);
      });
    });
  };
}

const parse = (input: string): Row => JSON.parse(input) as Row;

/** Rows of the mean of all that a value's own mean is held back by. */
const prior = 10;

/** Undefined for a column of numbers. */
function orderOf(cells: readonly (string | number | null)[], targets: Float64Array): Map<string, number> | undefined {
  if (!cells.some((cell) => typeof cell === "string")) return undefined;
  const mean = targets.reduce((sum, y) => sum + y, 0) / targets.length;
  const sums = new Map<string, { total: number; count: number }>();
  for (const [i, cell] of cells.entries()) {
    if (cell === null) continue;
    const seen = sums.get(String(cell)) ?? { total: 0, count: 0 };
    sums.set(String(cell), { total: seen.total + (targets[i] as number), count: seen.count + 1 });
  }
  return new Map([...sums].map(([value, { total, count }]) => [value, (total + prior * mean) / (count + prior)]));
}
