import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Engine, Executor } from "./engine.ts";

/** Kysely over one executor: the engine, or one of its open transactions. Transactions are the store's business. */
export function kyselyOver(name: Engine["name"], executor: Executor): Kysely<unknown> {
  const connection: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await executor.execute(query);
      return { rows: rows as unknown as R[], numAffectedRows: BigInt(changes) };
    },
    streamQuery: () => {
      throw new Error("page through large results by id instead of streaming them");
    },
  };
  const refuse = (): never => {
    throw new Error("use store.transaction(), so that both engines keep their promises");
  };
  const dialect: Dialect = {
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: async () => {},
      destroy: async () => {},
    }),
    createAdapter: () => (name === "sqlite" ? new SqliteAdapter() : new PostgresAdapter()),
    createQueryCompiler: () => (name === "sqlite" ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    createIntrospector: (db) => (name === "sqlite" ? new SqliteIntrospector(db) : new PostgresIntrospector(db)),
  };
  return new Kysely<unknown>({ dialect });
}
