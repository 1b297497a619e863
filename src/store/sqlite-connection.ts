import Database from "libsql";
import { type Column, bindable, columnOf, rowOf } from "./rows.ts";
import { isBulk } from "./bulk.ts";
import { type Row, type Statement, renderQuestionMarks } from "./statement.ts";
import type { Asked } from "./steps.ts";

export interface Result {
  readonly rows: readonly Row[];
  readonly changes: number;
}

export interface Connection {
  execute(text: string, params: readonly unknown[]): Result;
  /** The same for a statement of steps; its text is rendered and prepared once for each place in the code. */
  rowsOf(statement: Asked): readonly Row[];
  /** Several statements without parameters or results. */
  script(text: string): void;
  close(): void;
}

const cachedStatementsMax = 500;

/** What libsql would find out again at each call: whether it gives rows (2 microseconds), and their names (10 and more). */
interface Prepared {
  readonly statement: Database.Statement;
  /** Undefined when it gives no rows. */
  readonly columns: readonly Column[] | undefined;
}

/** One libsql connection, tuned for durable WAL; statements are prepared once and kept. */
export function openConnection(file: string, mode: "read" | "write"): Connection {
  const database = new Database(file);
  database.defaultSafeIntegers(true);
  database.exec("pragma busy_timeout = 10000");
  if (mode === "write") {
    database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
  } else {
    database.exec("pragma query_only = on");
  }
  const prepared = new Map<string, Prepared>();
  const byPlace = new WeakMap<readonly string[], Prepared>();
  const prepare = (text: string): Prepared => {
    const known = prepared.get(text);
    if (known) return known;
    const statement = database.prepare(text);
    const columns = statement.reader
      ? statement
          .raw(true)
          .columns()
          .map(({ name }) => columnOf(name))
      : undefined;
    if (prepared.size >= cachedStatementsMax) prepared.clear();
    prepared.set(text, { statement, columns });
    return { statement, columns };
  };
  const prepareOnce = (statement: Statement): Prepared => {
    const known = byPlace.get(statement.parts);
    if (known) return known;
    const fresh = prepare(renderQuestionMarks(statement));
    if (Object.isFrozen(statement.parts)) byPlace.set(statement.parts, fresh); // a template literal in the code
    return fresh;
  };
  const run = ({ statement, columns }: Prepared, params: readonly unknown[]): Result => {
    const bound = params.map(bindable);
    if (!columns) return { rows: [], changes: statement.run(bound).changes };
    const rows = (statement.all(bound) as unknown[][]).map((values) => rowOf(columns, values));
    return { rows, changes: rows.length };
  };
  return {
    execute: (text, params) => run(prepare(text), params),
    rowsOf(statement) {
      if (!isBulk(statement)) return run(prepareOnce(statement), statement.params).rows;
      const each = prepare(statement.each);
      return statement.rows.flatMap((row) => run(each, row).rows);
    },
    script: (text) => void database.exec(text),
    close: () => void database.close(),
  };
}
