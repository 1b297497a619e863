import { AsyncLocalStorage } from "node:async_hooks";
import { Worker } from "node:worker_threads";
import { compiledUrl } from "../kernel/compiled.ts";
import { invariant } from "../kernel/errors.ts";
import type { Engine, Executor, Rendered } from "./engine.ts";
import { StoreError, fromSqlite, unpack } from "./failures.ts";
import { type Connection, type Result, openConnection } from "./sqlite-connection.ts";
import type { Answer, Reading, Request } from "./sqlite-messages.ts";
import { isBulk } from "./bulk.ts";
import { type Row, type Value, renderQuestionMarks } from "./statement.ts";
import { type Steps, type Unit, drive } from "./steps.ts";

type Ask<R = Request> = (request: DistributiveOmit<R, "id">) => Promise<unknown>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * SQLite in one file: short reads on this thread, long ones in a thread of theirs, every write in the writer thread. The
 * file must be migrated.
 */
export function openSqlite(file: string): Engine {
  const reader = openConnection(file, "read");
  const writer = startThread<Request>("writer", file);
  const aside = readingAside(file);
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
  const execute = async (query: Rendered): Promise<Result> =>
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
    aside: aside.executor,
    async close() {
      await aside.close();
      await writer.close();
      reader.close();
    },
  };
}

const within = (ask: Ask): Executor =>
  executorOver(async (sql, params) => (await ask({ kind: "within", sql, params })) as Result);

/** Its thread starts with the first long read. Steps see one state of the database: they have the connection in turn. */
function readingAside(file: string): { readonly executor: Executor; close(): Promise<void> } {
  let thread: Thread<Reading> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const send = async (sql: string, params: readonly unknown[]): Promise<Result> => {
    thread ??= startThread<Reading>("reader", file);
    return (await thread.ask({ kind: "read", sql, params })) as Result;
  };
  const single = executorOver(send);
  const inOneState = async <O>(steps: Steps<O>): Promise<O> => {
    await send("begin", []);
    try {
      return await single.perform(steps);
    } finally {
      await send("commit", []);
    }
  };
  const perform = <O>(steps: Steps<O>): Promise<O> => {
    const mine = turn.then(() => inOneState(steps));
    turn = mine.catch(() => undefined);
    return mine;
  };
  return { executor: { execute: single.execute, perform }, close: async () => thread?.close() };
}

/** An executor over one connection elsewhere. */
function executorOver(send: (sql: string, params: readonly unknown[]) => Promise<Result>): Executor {
  return {
    execute: (query) => send(query.sql, query.parameters),
    perform: <O>(steps: Steps<O>) =>
      drive(steps, async (statement) => {
        const one = async (sql: string, params: readonly Value[]): Promise<readonly Row[]> =>
          (await send(sql, params)).rows;
        if (!isBulk(statement)) return one(renderQuestionMarks(statement), statement.params);
        const all: Row[] = [];
        for (const row of statement.rows) all.push(...(await one(statement.each, row)));
        return all;
      }),
  };
}

const isRead = (text: string): boolean => /^\s*(select|with|explain)\b/i.test(text);

function readNow(reader: Connection, query: Rendered): Result {
  try {
    return reader.execute(query.sql, query.parameters);
  } catch (error) {
    throw fromSqlite(error);
  }
}

interface Thread<R extends { readonly id: number; readonly kind: string }> {
  readonly ask: Ask<R>;
  close(): Promise<void>;
}

function startThread<R extends Request | Reading>(name: "writer" | "reader", file: string): Thread<R> {
  const script = new URL(`./sqlite-${name}.js`, compiledUrl(import.meta.url));
  const worker = new Worker(script, { workerData: { file } });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  let broken: Error | undefined;
  let closing = false;
  worker.unref(); // an idle thread keeps no process alive; a pending request does, below
  worker.on("message", (answer: Answer) => {
    const asked = open.get(answer.id);
    invariant(asked, "every answer was asked for");
    open.delete(answer.id);
    if (open.size === 0 && !closing) worker.unref();
    if (answer.ok) asked.resolve(answer.value);
    else asked.reject(unpack(answer.error));
  });
  const fail = (error: Error): void => {
    broken = new StoreError("unavailable", `The database ${name} stopped: ${error.message}`);
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
  const ask: Ask<R> = (request) =>
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
      await ask({ kind: "close" } as DistributiveOmit<R, "id">);
      await ended;
    },
  };
}
