import { limits } from "../../kernel/limits.ts";
import { parseRow } from "./row.ts";
import type { TableShape, Target } from "./shape.ts";

/** Of numbers: how many, and how they are spread. */
export interface NumberFacts {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** What one column holds, in counts: of a category no value is named. */
export type ColumnFacts =
  | { readonly name: string; readonly kind: "number"; readonly missing: number; readonly numbers: NumberFacts }
  | {
      readonly name: string;
      readonly kind: "category";
      readonly missing: number;
      /** Different values, counted up to `limits.columnValuesCountedMax`. */
      readonly values: number;
      /** Of the most frequent value among the filled cells. */
      readonly topShare: number;
    };

export interface TableFacts {
  readonly label: string | undefined;
  readonly target: Target;
  readonly group: string | undefined;
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
}

/** Mean and deviation by Welford's update, which loses no digits where values are large and close. */
export function numberFacts(): { add(value: number): void; facts(): NumberFacts } {
  let [count, mean, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return {
    add(value) {
      count++;
      const before = value - mean;
      mean += before / count;
      squares += before * (value - mean);
      min = Math.min(min, value);
      max = Math.max(max, value);
    },
    facts: () =>
      count === 0
        ? { count, mean: 0, deviation: 0, min: 0, max: 0 }
        : { count, mean, deviation: Math.sqrt(squares / count), min, max },
  };
}

/** Counts what the columns of rows hold. */
export function tableFacts(shape: TableShape): { add(input: string): void; facts(): TableFacts } {
  let rows = 0;
  const columns = shape.columns.map(({ name, kind }) => ({
    name,
    kind,
    missing: 0,
    numbers: numberFacts(),
    values: new Map<string, number>(),
  }));
  return {
    add(input) {
      rows++;
      const row = parseRow(input);
      for (const column of columns) {
        const cell = row[column.name] ?? null;
        if (cell === null) column.missing++;
        else if (typeof cell === "number") column.numbers.add(cell);
        else if (column.values.size < limits.columnValuesCountedMax || column.values.has(cell)) {
          column.values.set(cell, (column.values.get(cell) ?? 0) + 1);
        }
      }
    },
    facts: () => ({
      label: shape.label,
      target: shape.target,
      group: shape.group,
      rows,
      columns: columns.map(({ name, kind, missing, numbers, values }): ColumnFacts => {
        if (kind === "number") return { name, kind, missing, numbers: numbers.facts() };
        let top = 0;
        for (const times of values.values()) top = Math.max(top, times);
        return { name, kind, missing, values: values.size, topShare: rows > missing ? top / (rows - missing) : 0 };
      }),
    }),
  };
}

const idValuesMin = 50;

/** Columns that will teach nothing, or too much. */
export function columnWarnings({ rows, columns }: TableFacts): string[] {
  const warnings: string[] = [];
  const named = (holds: (facts: ColumnFacts) => boolean, says: string): void => {
    const names = columns.filter(holds).map(({ name }) => name);
    if (names.length > 0) warnings.push(`${says}: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}.`);
  };
  const isEmpty = (facts: ColumnFacts): boolean => facts.missing === rows;
  const isConstant = (facts: ColumnFacts): boolean =>
    facts.kind === "number" ? facts.numbers.min === facts.numbers.max : facts.values === 1;
  named(isEmpty, "Columns without any value");
  named((facts) => !isEmpty(facts) && isConstant(facts), "Columns with one value only, which tells nothing");
  named(
    (facts) => !isEmpty(facts) && facts.missing > rows / 2,
    "Columns that are missing in more than half of the rows",
  );
  named(
    (facts) => facts.kind === "category" && facts.values >= idValuesMin && facts.values > (rows - facts.missing) / 2,
    "Columns with another value in most rows (a name, an id?), which no new row will share",
  );
  return warnings;
}
