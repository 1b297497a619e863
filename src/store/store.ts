import type { Kysely } from "kysely";
import type { Clock } from "../kernel/clock.ts";
import type { Blobs } from "./blobs.ts";
import type { Engine } from "./engine.ts";
import type { Statement } from "./statement.ts";
import type { Steps, Unit } from "./steps.ts";

/** Where queries go: the store itself, or one open transaction. Functions that read or write take this first. */
export interface Queries {
  readonly engine: Engine["name"];
  /** Kysely, typed with the tables the caller's module knows. Costs nothing: `db.as<SellTables>()`. */
  as<T>(): Kysely<T>;
  /** One statement that only reads: on SQLite without a turn of the writer. */
  read<R>(statement: Statement): Promise<R[]>;
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

/**
 * Opens, and brings the schema up to date. Engines are loaded now and not with this module: SQLite's writer thread, which
 * loads the modules of its units, needs neither Kysely nor a client of Postgres.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { openEngine, storeOver } = await import("./opening.ts");
  return storeOver(await openEngine(options), options.folder);
}
