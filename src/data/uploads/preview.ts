import { Refusal } from "../../kernel/errors.ts";
import { limits } from "../../kernel/limits.ts";
import type { Dataset } from "../datasets.ts";
import { type ImportRequest, refuseTableFlags } from "../import.ts";
import { chooseColumns, usualInputs } from "../readers/columns.ts";
import type { ReadContext } from "../readers/read.ts";
import { type Format, type Source, nameOf, openSource } from "../readers/source.ts";
import { followShape } from "../table/learn.ts";

/** What a file looks like before it is imported. */
export interface Preview {
  readonly format: Format;
  /** None where the format knows none. */
  readonly columns: readonly string[];
  /** The first rows, their cells cut to a glance. */
  readonly rows: readonly (readonly string[])[];
  /** What the columns are likely to be. */
  readonly guess: { readonly input: string | undefined; readonly label: string | undefined };
}

const context: ReadContext = {
  notes: { skippedFiles: new Map(), strippedHeaders: new Map(), attachments: 0, mails: 0 },
  signal: undefined,
  onBytes: () => {},
};

export async function previewSource(source: Pick<Source, "path" | "name" | "format">): Promise<Preview> {
  const opened = await openSource({ ...source, ...(source.format === "image" && { kind: "image" }) });
  const { columns, rows } = await opened.peek(limits.previewRows, context);
  if (columns.length > limits.previewColumnsMax) {
    throw new Refusal("too_large", `${nameOf(source)} has ${columns.length} columns.`, {
      hint: `${limits.previewColumnsMax} can be looked at; import it on the server: millrace dataset import FILE --columns …`,
    });
  }
  const texts = rows.map((row) => row.map(glance));
  return { format: opened.format, columns, rows: texts, guess: guessColumns(columns, texts) };
}

/** Refuses now what the import would refuse first: a dataset of another kind, a column that is not there. */
export async function checkSource(
  dataset: Pick<Dataset, "kind" | "table">,
  request: Omit<ImportRequest, "dataset">,
): Promise<void> {
  refuseTableFlags(request, dataset.kind);
  const choice = { ...request, ...(dataset.table && followShape(dataset.table, request)), kind: dataset.kind };
  const opened = await openSource(choice);
  const { columns } = await opened.peek(1, context);
  if (columns.length > 0) chooseColumns(nameOf(request), columns, choice);
}

function glance(cell: unknown): string {
  const text = typeof cell === "string" ? cell : (JSON.stringify(cell, bigintAsText) ?? "");
  return text.length > limits.previewCellChars ? `${text.slice(0, limits.previewCellChars - 1)}…` : text;
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/** The input by its name, else the longest column; the label by its name, else the column that says the fewest things again and again. */
export function guessColumns(columns: readonly string[], rows: readonly (readonly string[])[]): Preview["guess"] {
  const cellsOf = (name: string): string[] => rows.map((row) => row[columns.indexOf(name)] ?? "");
  const chars = (name: string): number => cellsOf(name).reduce((sum, cell) => sum + cell.length, 0);
  const values = (name: string): number => new Set(cellsOf(name)).size;
  const input =
    Object.values(usualInputs)
      .flat()
      .find((name) => columns.includes(name)) ?? columns.toSorted((a, b) => chars(b) - chars(a))[0];
  const repeating = columns.filter((name) => name !== input && values(name) > 1 && values(name) * 2 <= rows.length);
  const label = columns.includes("label") ? "label" : repeating.toSorted((a, b) => values(a) - values(b))[0];
  return { input, label: label === input ? undefined : label };
}
