/** What a column or parameter can hold. Integers cross the seam as bigint and come back by the column's name, see `rows.ts`. */
export type Value = string | number | bigint | Uint8Array | null;

export type Row = Readonly<Record<string, Value>>;

/** One SQL statement with its parameters kept apart; each engine numbers them in its own way. */
export interface Statement {
  readonly parts: readonly string[];
  readonly params: readonly Value[];
}

/** `` sql`select * from holds where id = ${id}` ``: every `${}` is a parameter, never text. */
export function sql(parts: TemplateStringsArray, ...params: readonly Value[]): Statement {
  return { parts, params };
}

export function renderQuestionMarks(statement: Statement): string {
  return statement.parts.join("?");
}

export function renderNumbered(statement: Statement): string {
  return statement.parts.reduce((text, part, i) => `${text}$${i}${part}`);
}
