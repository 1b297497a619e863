import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Kysely } from "kysely";
import { openBlobs } from "./blobs.ts";
import { kyselyOver } from "./dialect.ts";
import type { Engine, Executor } from "./engine.ts";
import { migratePostgres, migrateSqlite } from "./migrations.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";
import { type Statement, renderNumbered, renderQuestionMarks } from "./statement.ts";
import type { Queries, Store, StoreOptions } from "./store.ts";

/** The store over an engine that is open already. */
export function storeOver(engine: Engine, folder: string): Store {
  return {
    ...queriesOver(engine.name, engine),
    aside: queriesOver(engine.name, engine.aside),
    folder,
    blobs: openBlobs(path.join(folder, "blobs")),
    transaction: (work) => engine.transaction((executor) => work(queriesOver(engine.name, executor))),
    run: (unit, input) => engine.run(unit, input),
    close: () => engine.close(),
  };
}

export async function openEngine({ folder, databaseUrl, clock }: StoreOptions): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  if (databaseUrl) {
    await migratePostgres(databaseUrl, clock.now());
    return openPostgres(databaseUrl);
  }
  const file = path.join(folder, "millrace.db");
  migrateSqlite(file, clock.now());
  return openSqlite(file);
}

function queriesOver(engine: Engine["name"], executor: Executor): Queries {
  const kysely = kyselyOver(engine, executor);
  const render = engine === "sqlite" ? renderQuestionMarks : renderNumbered;
  return {
    engine,
    as: <T>() => kysely as Kysely<T>,
    async read<R>(statement: Statement): Promise<R[]> {
      const { rows } = await executor.execute({ sql: render(statement), parameters: statement.params });
      return rows as unknown as R[];
    },
    perform: (steps) => executor.perform(steps),
  };
}
