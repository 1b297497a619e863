import Database from "libsql";
import { bindable, normalizeRow } from "./rows.ts";
import type { Row } from "./statement.ts";

export interface Result {
  readonly rows: readonly Row[];
  readonly changes: number;
}

export interface Connection {
  execute(text: string, params: readonly unknown[]): Result;
  /** Several statements without parameters or results. */
  script(text: string): void;
  close(): void;
}

const cachedStatementsMax = 500;

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
  const prepared = new Map<string, Database.Statement>();
  const prepare = (text: string): Database.Statement => {
    const known = prepared.get(text);
    if (known) return known;
    const statement = database.prepare(text);
    if (prepared.size >= cachedStatementsMax) prepared.clear();
    prepared.set(text, statement);
    return statement;
  };
  return {
    execute(text, params) {
      const statement = prepare(text);
      const bound = params.map(bindable);
      if (!statement.reader) return { rows: [], changes: statement.run(bound).changes };
      const rows = (statement.all(bound) as Record<string, unknown>[]).map(normalizeRow);
      return { rows, changes: rows.length };
    },
    script: (text) => void database.exec(text),
    close: () => void database.close(),
  };
}
