/** What a column or parameter can hold. Integers cross the seam as bigint and come back by the column's name, see `rows.ts`. */
export type Value = string | number | bigint | Uint8Array | null;

export type Row = Readonly<Record<string, Value>>;

/** One SQL statement with its parameters kept apart; each engine numbers them in its own way. */
export interface Statement {
  readonly parts: readonly string[];
  readonly params: readonly Value[];
}

/**
 * `` sql`select * from holds where id = ${id}` ``: every `${}` is a parameter, never text; or another statement, which then
 * stands there with its own.
 */
export function sql(parts: TemplateStringsArray, ...values: readonly (Value | Statement)[]): Statement {
  if (values.every(isValue)) return { parts, params: values };
  const joined = [parts[0] ?? ""];
  const params: Value[] = [];
  for (const [i, value] of values.entries()) {
    const [first = "", ...others] = isValue(value) ? ["", ""] : value.parts;
    joined.push(`${joined.pop()}${first}`, ...others);
    params.push(...(isValue(value) ? [value] : value.params));
    joined.push(`${joined.pop()}${parts[i + 1] ?? ""}`);
  }
  return { parts: joined, params };
}

const isValue = (value: Value | Statement): value is Value =>
  value === null || typeof value !== "object" || value instanceof Uint8Array;

export function renderQuestionMarks(statement: Statement): string {
  return statement.parts.join("?");
}

export function renderNumbered(statement: Statement): string {
  return statement.parts.reduce((text, part, i) => `${text}$${i}${part}`);
}
