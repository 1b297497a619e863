import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Kysely } from "kysely";
import type { Clock } from "../kernel/clock.ts";
import { type Blobs, openBlobs } from "./blobs.ts";
import { kyselyOver } from "./dialect.ts";
import type { Engine, Executor } from "./engine.ts";
import { migratePostgres, migrateSqlite } from "./migrations.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";
import type { Steps, Unit } from "./steps.ts";

/** Where queries go: the store itself, or one open transaction. Functions that read or write take this first. */
export interface Queries {
  readonly engine: Engine["name"];
  /** Kysely, typed with the tables the caller's module knows. Costs nothing: `db.as<SellTables>()`. */
  as<T>(): Kysely<T>;
  /** Runs steps here: within this transaction, or, on the store, in a transaction of their own. */
  perform<O>(steps: Steps<O>): Promise<O>;
}

export interface Store extends Queries {
  /**
   * For reads that may take long, as reports do: on SQLite in a thread of their own, so that neither requests nor writes
   * wait for them. It refuses writes; steps see one state of the database.
   */
  readonly aside: Queries;
  readonly folder: string;
  readonly blobs: Blobs;
  /** All or nothing. Inside, use only the handle given; `Refusal` and any other throw rolls back. */
  transaction<R>(work: (tx: Queries) => Promise<R>): Promise<R>;
  /** The fast path: one durable unit, on SQLite group-committed with its neighbours in the writer thread. */
  run<I, O>(unit: Unit<I, O>, input: I): Promise<O>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The data folder: blobs, and the SQLite file unless `databaseUrl` is given. Made if missing. */
  readonly folder: string;
  /** `postgres://…`: everything but the blobs lives there. */
  readonly databaseUrl?: string | undefined;
  readonly clock: Clock;
}

/** Opens, and brings the schema up to date. */
export async function openStore(options: StoreOptions): Promise<Store> {
  await mkdir(options.folder, { recursive: true });
  return storeOver(await openEngine(options), options.folder);
}

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

async function openEngine({ folder, databaseUrl, clock }: StoreOptions): Promise<Engine> {
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
  return { engine, as: <T>() => kysely as Kysely<T>, perform: (steps) => executor.perform(steps) };
}
