import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { fromPostgres } from "./failures.ts";
import { type Connection, openConnection } from "./sqlite-connection.ts";

interface Migration {
  readonly name: string;
  readonly text: string;
}

/** `migrations/NNNN_module.sql`, in order of their names; the same text runs on both engines. */
function readMigrations(): Migration[] {
  const folder = fileURLToPath(new URL("../../migrations/", import.meta.url));
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(`${folder}${name}`, "utf8") }));
}

const createTable =
  "create table if not exists schema_migrations (name text primary key, applied_at_ms bigint not null)";

/** Brings a SQLite file up to date; safe when several processes start at once. */
export function migrateSqlite(file: string, nowMs: number): void {
  const connection = openConnection(file, "write");
  try {
    migrateConnection(connection, nowMs);
  } finally {
    connection.close();
  }
}

/** The same for a database that lives only as long as its connection. */
export function migrateConnection(connection: Connection, nowMs: number): void {
  connection.execute(createTable, []);
  if (pendingOf(connection.execute("select name from schema_migrations", []).rows).length === 0) return;
  connection.execute("begin immediate", []);
  const pending = pendingOf(connection.execute("select name from schema_migrations", []).rows);
  for (const { name, text } of pending) {
    connection.script(text);
    connection.execute("insert into schema_migrations (name, applied_at_ms) values (?, ?)", [name, nowMs]);
  }
  connection.execute("commit", []);
}

const lockNumber = 4_715_231; // any number, the same in every Millrace

/** Brings a Postgres database up to date; replicas that start at once wait for the first. */
export async function migratePostgres(url: string, nowMs: number): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [lockNumber]);
    await client.query(createTable);
    const applied = await client.query<{ name: string }>("select name from schema_migrations");
    for (const { name, text } of pendingOf(applied.rows)) {
      await client.query(text);
      await client.query("insert into schema_migrations (name, applied_at_ms) values ($1, $2)", [name, nowMs]);
    }
    await client.query("commit");
  } catch (error) {
    throw fromPostgres(error);
  } finally {
    await client.end();
  }
}

function pendingOf(applied: readonly { readonly name?: unknown }[]): Migration[] {
  const done = new Set(applied.map((row) => row.name));
  return readMigrations().filter(({ name }) => !done.has(name));
}
