/** What a column holds: numbers, or one of several values. */
export type ColumnKind = "number" | "category";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** What a label is: one of several classes, or a number to estimate. */
export type Target = "class" | "number";

export const targets: readonly Target[] = ["class", "number"];

/** How the rows of a table dataset look. The first import decides it, for good. */
export interface TableShape {
  /** The columns that an example's input has, in the order of the first file. */
  readonly columns: readonly Column[];
  /** The column the labels come from; `undefined` when they have none. */
  readonly label: string | undefined;
  readonly target: Target;
  /** Rows with equal values here are of one origin, a person for instance, and stay in one split. */
  readonly group: string | undefined;
}

export const packShape = (shape: TableShape): string => JSON.stringify(shape);

export function unpackShape(text: string): TableShape {
  const { columns, label, target, group } = JSON.parse(text) as TableShape;
  return { columns, label, target, group };
}
