import { invariant } from "../../kernel/errors.ts";
import type { Engine, Executor } from "../engine.ts";
import { fromSqlite, pack, unpack } from "../failures.ts";
import { migrateConnection } from "../migrations.ts";
import { type Connection, openConnection } from "../sqlite-connection.ts";
import { type Unit, drive, driveSync } from "../steps.ts";
import { storeOver } from "../opening.ts";
import type { Store } from "../store.ts";
import type { Scheduler } from "./scheduler.ts";

/** One database for all simulated processes: SQLite without a disk, reached through the scheduler. */
export interface SimulatedDatabase {
  /** The store as one process sees it. */
  storeOf(process: number): Store;
  /** Its open transaction is rolled back, as an engine does when the connection is gone. Call it after the scheduler's kill. */
  forget(process: number): void;
  dispose(): void;
}

export function openSimulatedDatabase(scheduler: Scheduler, nowMs: number): SimulatedDatabase {
  const connection = openConnection(":memory:", "write");
  migrateConnection(connection, nowMs);
  let lockedBy: number | undefined;
  return {
    storeOf: (process) =>
      storeOver(
        engineOf(process, scheduler, connection, {
          isFree: () => lockedBy === undefined,
          lock: () => (lockedBy = process),
          unlock: () => (lockedBy = undefined),
        }),
        "", // no blobs in a simulation
      ),
    forget(process) {
      if (lockedBy !== process) return;
      connection.execute("rollback", []);
      lockedBy = undefined;
    },
    dispose: () => connection.close(),
  };
}

interface Lock {
  isFree(): boolean;
  lock(): void;
  unlock(): void;
}

function engineOf(process: number, scheduler: Scheduler, connection: Connection, lock: Lock): Engine {
  const outside = <T>(label: string, effect: () => T): Promise<T> =>
    scheduler.call(process, label, () => translated(effect), lock.isFree);
  const inside = <T>(label: string, effect: () => T): Promise<T> =>
    scheduler.call(process, label, () => translated(effect));
  const within: Executor = {
    execute: (query) => inside("statement", () => connection.execute(query.sql, query.parameters)),
    perform: (steps) => drive(steps, (statement) => inside("step", () => connection.rowsOf(statement))),
  };
  const transaction = async <R>(work: (executor: Executor) => Promise<R>): Promise<R> => {
    await outside("begin", () => {
      connection.execute("begin immediate", []);
      lock.lock();
    });
    const end = (how: "commit" | "rollback"): Promise<void> =>
      inside(how, () => {
        lock.unlock();
        connection.execute(how, []);
      });
    try {
      const result = await work(within);
      await end("commit");
      return result;
    } catch (error) {
      if (!lock.isFree()) await end("rollback");
      throw error;
    }
  };
  const itself: Executor = {
    execute: (query) => outside("query", () => connection.execute(query.sql, query.parameters)),
    perform: (steps) => transaction((executor) => executor.perform(steps)),
  };
  return {
    name: "sqlite",
    ...itself,
    aside: itself,
    transaction,
    run: (unit, input) => outside(unit.name, () => runUnit(connection, unit, input)),
    close: async () => {},
  };
}

/** As the writer thread does: input and output cross as copies, a throw rolls back and keeps its kind. */
function runUnit<I, O>(connection: Connection, unit: Unit<I, O>, input: I): O {
  connection.execute("begin immediate", []);
  try {
    const output = driveSync(unit.steps(structuredClone(input)), connection.rowsOf);
    connection.execute("commit", []);
    return structuredClone(output);
  } catch (error) {
    connection.execute("rollback", []);
    throw unpack(pack(error));
  }
}

function translated<T>(effect: () => T): T {
  try {
    return effect();
  } catch (error) {
    const known = fromSqlite(error);
    invariant(known instanceof Error, "what is thrown is an error");
    throw known;
  }
}
