import { Refusal } from "../../kernel/errors.ts";
import type { Read } from "../readers/read.ts";
import { type RawCell, numberOf } from "./cells.ts";
import type { Column, TableShape, Target } from "./shape.ts";

/** A column is a number column when this share of its filled cells are numbers; the others are then rejected rows. */
const numberShareMin = 0.99;

export interface ShapeChoice {
  readonly label: string | null | undefined;
  readonly target: Target;
  readonly group: string | undefined;
  /** Columns whose numbers are codes, like a postcode. */
  readonly categories: readonly string[];
}

/** Reads a whole table once to settle what each of its columns holds. */
export async function learnShape(
  file: string,
  batches: AsyncIterable<readonly Read[]>,
  choice: ShapeChoice,
): Promise<TableShape> {
  const counts = new Map<string, { filled: number; numbers: number }>();
  let isLabelled = false;
  for await (const batch of batches) {
    for (const item of batch) {
      if (item.kind !== "row") continue;
      isLabelled ||= item.label !== undefined;
      for (const [name, cell] of Object.entries(JSON.parse(item.input) as Record<string, RawCell>)) {
        let seen = counts.get(name);
        if (!seen) counts.set(name, (seen = { filled: 0, numbers: 0 }));
        const number = numberOf(cell);
        if (number !== null) seen.filled++;
        if (typeof number === "number") seen.numbers++;
      }
    }
  }
  const wrong = choice.categories.find((name) => counts.size > 0 && !counts.has(name));
  if (wrong !== undefined) {
    throw new Refusal("invalid_data", `${file} has no column "${wrong}" among those to learn from.`, {
      param: `${file}: ${wrong}`,
      hint: `The columns are ${[...counts.keys()].join(", ")}.`,
    });
  }
  const columns = [...counts].map(([name, { filled, numbers }]): Column => {
    const isNumber = numbers > 0 && numbers >= numberShareMin * filled && !choice.categories.includes(name);
    return { name, kind: isNumber ? "number" : "category" };
  });
  const label = isLabelled ? (choice.label ?? "label") : undefined;
  return { columns, label, target: choice.target, group: choice.group };
}

/** The choice of columns that a later import has to follow, or a refusal where it was told otherwise. */
export function followShape(
  shape: TableShape,
  asked: {
    readonly label?: string | null | undefined;
    readonly group?: string | undefined;
    readonly target?: Target | undefined;
    readonly columns?: readonly string[] | undefined;
  },
): { readonly label: string | undefined; readonly group: string | undefined; readonly columns: readonly string[] } {
  const columns = shape.columns.map(({ name }) => name);
  const differs = (["label", "group", "target"] as const).find(
    (key) => asked[key] !== undefined && (asked[key] ?? undefined) !== shape[key],
  );
  if (differs !== undefined) {
    throw new Refusal(
      "invalid_request",
      `The dataset's ${differs} is ${shape[differs] ?? "none"} since its first import, not ${asked[differs] ?? "none"}.`,
      { param: differs, hint: `Leave --${differs} out, or import into another dataset.` },
    );
  }
  const isOther = asked.columns && [...asked.columns].sort().join("\n") !== [...columns].sort().join("\n");
  if (isOther) {
    throw new Refusal("invalid_request", `The dataset's columns are ${columns.join(", ")} since its first import.`, {
      param: "columns",
      hint: "Leave --columns out, or import into another dataset.",
    });
  }
  return { label: shape.label, group: shape.group, columns };
}
