import { Refusal } from "../../kernel/errors.ts";

export interface ColumnChoice {
  /** Column of the text; without it `input` or `text`. */
  readonly input?: string | undefined;
  /** Column of the label; without it `label` where there is one, else the rows are unlabelled. */
  readonly label?: string | undefined;
}

export interface Columns {
  readonly input: string;
  readonly label: string | undefined;
}

/** Which columns to read, or one clear refusal that lists the columns there are. */
export function chooseColumns(file: string, present: readonly string[], choice: ColumnChoice): Columns {
  const repeated = present.find((name, i) => present.indexOf(name) !== i);
  const input = choice.input ?? ["input", "text"].find((name) => present.includes(name));
  const label = choice.label ?? (present.includes("label") && input !== "label" ? "label" : undefined);
  if (input === undefined) {
    throw refuse(file, `does not say which column holds the text`, present, "Name it with --input.");
  }
  for (const [flag, name] of [
    ["--input", input],
    ["--label", label],
  ] as const) {
    if (name === undefined) continue;
    if (!present.includes(name)) {
      throw refuse(file, `has no column "${name}"`, present, `Name one of them with ${flag}.`, name);
    }
    if (name === repeated) {
      throw refuse(file, `has two columns called "${name}"`, present, "Rename one of them in the first line.", name);
    }
  }
  if (input === label) {
    throw refuse(file, `was given "${input}" as text and as label`, present, "Name two different columns.", input);
  }
  return { input, label };
}

function refuse(file: string, what: string, present: readonly string[], hint: string, column?: string): Refusal {
  const listed = present.slice(0, listedMax).map((name) => (name === "" ? "(unnamed)" : name));
  const more = present.length > listedMax ? `, and ${present.length - listedMax} more` : "";
  return new Refusal("invalid_data", `${file} ${what}. Its columns: ${listed.join(", ")}${more}.`, {
    param: column === undefined ? file : `${file}: ${column}`,
    hint,
  });
}

const listedMax = 40;
