import { invariant } from "../kernel/errors.ts";
import type { Bulk } from "./bulk.ts";
import type { Row, Statement } from "./statement.ts";

/**
 * Work on the database as a generator: it yields statements and receives their rows. It knows no engine and no
 * waiting, so the same code runs inside SQLite's writer thread (many units in one commit), inside a Postgres
 * transaction, and inside a larger transaction of somebody else. Whatever it throws rolls the whole unit back.
 */
export type Steps<O> = Generator<Asked, O, readonly Row[]>;

/** What steps ask of an engine. */
export type Asked = Statement | Bulk;

/** Runs one statement and gives its rows the shape the caller knows them to have. */
export function* query<R>(statement: Asked): Steps<R[]> {
  return (yield statement) as unknown as R[];
}

/** A unit of work that can be sent to the writer thread: found again there by module and name. */
export interface Unit<I, O> {
  readonly module: string;
  readonly name: string;
  readonly steps: (input: I) => Steps<O>;
  /** Whether its commit is on disk before it is answered. Relaxed only for what a crash may lose without harm. */
  readonly durability: Durability;
}

export type Durability = "durable" | "relaxed";

/**
 * `export const placeHold = unit(import.meta.url, "placeHold", function* (input: HoldInput) { ... })`. The name must be
 * the exported one; input and output must be structured-cloneable.
 */
export function unit<I, O>(
  moduleUrl: string,
  name: string,
  steps: (input: I) => Steps<O>,
  durability: Durability = "durable",
): Unit<I, O> {
  return { module: moduleUrl, name, steps, durability };
}

/** Drives steps on a synchronous engine. */
export function driveSync<O>(steps: Steps<O>, execute: (statement: Asked) => readonly Row[]): O {
  let turn = steps.next();
  while (!turn.done) {
    let rows: readonly Row[];
    try {
      rows = execute(turn.value);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(rows);
  }
  return turn.value;
}

/** Drives steps on an asynchronous engine. */
export async function drive<O>(steps: Steps<O>, execute: (statement: Asked) => Promise<readonly Row[]>): Promise<O> {
  let turn = steps.next();
  while (!turn.done) {
    let rows: readonly Row[];
    try {
      rows = await execute(turn.value);
    } catch (error) {
      turn = steps.throw(error);
      continue;
    }
    turn = steps.next(rows);
  }
  return turn.value;
}

/** The only row, or nothing. */
export function* queryOne<R>(statement: Statement): Steps<R | undefined> {
  const rows = yield* query<R>(statement);
  invariant(rows.length <= 1, "a query for one row found several");
  return rows[0];
}
