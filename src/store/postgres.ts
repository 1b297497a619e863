import pg from "pg";
import { columnsOf, isBulk } from "./bulk.ts";
import type { Engine, Executor, Rendered } from "./engine.ts";
import { StoreError, fromPostgres } from "./failures.ts";
import { normalizeRow } from "./rows.ts";
import type { Result } from "./sqlite-connection.ts";
import { type Row, type Value, renderNumbered } from "./statement.ts";
import { type Durability, drive } from "./steps.ts";

const int8 = 20;
const numeric = 1700;
const retriesMax = 5;

/** A relaxed commit reaches the disk with the next durable one, at the latest. */
const begin: { readonly [D in Durability]: string } = {
  durable: "begin",
  relaxed: "begin; set local synchronous_commit = off",
};

/** A Postgres server that several processes may share. The schema must be migrated. */
export function openPostgres(url: string): Engine {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    // statements here take milliseconds; compiling one takes sixty
    onConnect: (client) => void client.query("set jit = off").catch(() => undefined), // a query that follows tells what is wrong
    types: { getTypeParser },
  });
  pool.on("error", () => {}); // an idle connection died; the next query opens another or fails with a clear error
  // one in use died: its query is rejected, but without a listener the event would end the process
  pool.on("connect", (client) => void client.on("error", () => {}));
  const execute = (query: Rendered): Promise<Result> => send(pool, query.sql, query.parameters);
  const transactionAs = async <R>(opening: string, work: (executor: Executor) => Promise<R>): Promise<R> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw fromPostgres(error);
    });
    let broken: Error | undefined;
    try {
      await client.query(opening).catch((error: unknown) => {
        throw fromPostgres(error);
      });
      const result = await work(within(client));
      await send(client, "commit", []);
      return result;
    } catch (error) {
      await client.query("rollback").catch((failed: Error) => (broken = failed));
      throw error;
    } finally {
      client.release(broken);
    }
  };
  const transaction = <R>(work: (executor: Executor) => Promise<R>): Promise<R> => transactionAs(begin.durable, work);
  return {
    name: "postgres",
    execute,
    transaction,
    perform: (steps) => transaction((executor) => executor.perform(steps)),
    run: (unit, input) =>
      retryBusy(() => transactionAs(begin[unit.durability], (executor) => executor.perform(unit.steps(input)))),
    aside: {
      execute: (query) => transactionAs("begin read only", (executor) => executor.execute(query)),
      perform: (steps) => transactionAs("begin read only", (executor) => executor.perform(steps)),
    },
    close: () => pool.end(),
  };
}

function within(client: pg.PoolClient): Executor {
  return {
    execute: (query) => send(client, query.sql, query.parameters),
    perform: (steps) =>
      drive(steps, async (statement) => {
        if (!isBulk(statement)) return (await send(client, renderNumbered(statement), statement.params)).rows;
        return statement.rows.length === 0 ? [] : (await send(client, statement.all, columnsOf(statement.rows))).rows;
      }),
  };
}

async function send(to: pg.Pool | pg.PoolClient, text: string, params: readonly unknown[]): Promise<Result> {
  try {
    const result = await to.query<Record<string, unknown>>(text, params.map(forPostgres));
    const rows: Row[] = result.rows.map(normalizeRow);
    return { rows, changes: result.rowCount ?? 0 };
  } catch (error) {
    throw fromPostgres(error);
  }
}

/** Deadlocks and serialization failures roll back whole, so the same unit may simply run again. */
async function retryBusy<O>(work: () => Promise<O>): Promise<O> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || error.failure !== "busy" || attempt === retriesMax) throw error;
    }
  }
}

function forPostgres(value: unknown): Value {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value) : (value as Value);
}

/** Integers arrive as bigint, whole or not, and `normalizeRow` gives them their final type by column name. */
function getTypeParser(oid: number, format?: string): (text: string) => unknown {
  if (oid === int8) return BigInt;
  if (oid === numeric) return (text) => (text.includes(".") ? Number(text) : BigInt(text));
  return (pg.types.getTypeParser as (oid: number, format?: string) => (text: string) => unknown)(oid, format);
}
