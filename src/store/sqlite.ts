import { AsyncLocalStorage } from "node:async_hooks";
import { Worker } from "node:worker_threads";
import type { CompiledQuery } from "kysely";
import { compiledUrl } from "../kernel/compiled.ts";
import { invariant } from "../kernel/errors.ts";
import type { Engine, Executor } from "./engine.ts";
import { StoreError, fromSqlite, unpack } from "./failures.ts";
import { type Connection, type Result, openConnection } from "./sqlite-connection.ts";
import type { Answer, Request } from "./sqlite-messages.ts";
import { isBulk } from "./bulk.ts";
import { type Row, type Value, renderQuestionMarks } from "./statement.ts";
import { type Steps, type Unit, drive } from "./steps.ts";

type Ask = (request: DistributiveOmit<Request, "id">) => Promise<unknown>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** SQLite in one file: reads on this thread, every write in the writer thread. The file must be migrated. */
export function openSqlite(file: string): Engine {
  const reader = openConnection(file, "read");
  const writer = startWriter(file);
  const inTransaction = new AsyncLocalStorage<true>();
  let open = 0;
  const addresses = new WeakMap<object, string>();
  const addressOf = (unit: { readonly module: string }): string => {
    const known = addresses.get(unit) ?? compiledUrl(unit.module).href;
    addresses.set(unit, known);
    return known;
  };
  const ask: Ask = (request) => {
    invariant(
      !inTransaction.getStore(),
      "inside a transaction only its own handle may write; the writer would wait for itself",
    );
    return writer.ask(request);
  };
  const execute = async (query: CompiledQuery): Promise<Result> =>
    isRead(query.sql)
      ? readNow(reader, query)
      : ((await ask({ kind: "statement", sql: query.sql, params: query.parameters })) as Result);
  const transaction = async <R>(work: (executor: Executor) => Promise<R>): Promise<R> => {
    await ask({ kind: "begin" });
    open++;
    return inTransaction.run(true, async () => {
      try {
        const result = await work(within(writer.ask));
        await writer.ask({ kind: "commit" });
        return result;
      } catch (error) {
        await writer.ask({ kind: "rollback" }).catch(() => undefined); // already rolled back when the commit failed
        throw error;
      } finally {
        // Else every promise of the process pays for the tracking of contexts that nobody asks about.
        if (--open === 0) setImmediate(() => open === 0 && inTransaction.disable());
      }
    });
  };
  return {
    name: "sqlite",
    execute,
    transaction,
    perform: (steps) => transaction((executor) => executor.perform(steps)),
    run: async <I, O>(unit: Unit<I, O>, input: I) =>
      (await ask({
        kind: "unit",
        module: addressOf(unit),
        name: unit.name,
        durability: unit.durability,
        input,
      })) as O,
    async close() {
      await writer.close();
      reader.close();
    },
  };
}

function within(ask: Ask): Executor {
  const execute = async (query: CompiledQuery): Promise<Result> =>
    (await ask({ kind: "within", sql: query.sql, params: query.parameters })) as Result;
  return {
    execute,
    perform: <O>(steps: Steps<O>) =>
      drive(steps, async (statement) => {
        const one = async (sql: string, params: readonly Value[]): Promise<readonly Row[]> =>
          ((await ask({ kind: "within", sql, params })) as Result).rows;
        if (!isBulk(statement)) return one(renderQuestionMarks(statement), statement.params);
        const all: Row[] = [];
        for (const row of statement.rows) all.push(...(await one(statement.each, row)));
        return all;
      }),
  };
}

const isRead = (text: string): boolean => /^\s*(select|with|explain)\b/i.test(text);

function readNow(reader: Connection, query: CompiledQuery): Result {
  try {
    return reader.execute(query.sql, query.parameters);
  } catch (error) {
    throw fromSqlite(error);
  }
}

function startWriter(file: string): { ask: Ask; close: () => Promise<void> } {
  const worker = new Worker(new URL("./sqlite-writer.js", compiledUrl(import.meta.url)), { workerData: { file } });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  let broken: Error | undefined;
  let closing = false;
  worker.unref(); // an idle writer keeps no process alive; a pending request does, below
  worker.on("message", (answer: Answer) => {
    const asked = open.get(answer.id);
    invariant(asked, "every answer was asked for");
    open.delete(answer.id);
    if (open.size === 0 && !closing) worker.unref();
    if (answer.ok) asked.resolve(answer.value);
    else asked.reject(unpack(answer.error));
  });
  const fail = (error: Error): void => {
    broken = new StoreError("unavailable", `The database writer stopped: ${error.message}`);
    for (const asked of open.values()) asked.reject(broken);
    open.clear();
  };
  worker.on("error", fail);
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      fail(new Error("the store is closed"));
      resolve();
    });
  });
  const ask: Ask = (request) =>
    new Promise((resolve, reject) => {
      if (broken) return reject(broken);
      const id = nextId++;
      open.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ ...request, id });
    });
  return {
    ask,
    async close() {
      closing = true; // the thread keeps the process alive until it has ended
      await ask({ kind: "close" });
      await ended;
    },
  };
}
