import { Refusal } from "../../kernel/errors.ts";
import type { Variant } from "./explanation.ts";

/** The row with each column in turn missing. */
export function withoutColumns(input: string): Variant[] {
  const row = parseRow(input);
  return Object.entries(row).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "number"
      ? [{ part: { kind: "column", name, value }, without: JSON.stringify({ ...row, [name]: null }) }]
      : [],
  );
}

function parseRow(input: string): Record<string, unknown> {
  try {
    const row: unknown = JSON.parse(input);
    if (typeof row === "object" && row !== null && !Array.isArray(row)) return row as Record<string, unknown>;
  } catch {
    // refused below
  }
  throw new Refusal("invalid_request", "A row is a JSON object.", { param: "input" });
}
