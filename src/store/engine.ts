import type { Result } from "./sqlite-connection.ts";
import type { Steps, Unit } from "./steps.ts";

/** A statement as an engine takes it. */
export interface Rendered {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** One open transaction, or the engine itself outside of any: where Kysely's compiled queries go. */
export interface Executor {
  execute(query: Rendered): Promise<Result>;
  perform<O>(steps: Steps<O>): Promise<O>;
}

/** What SQLite and Postgres both give. */
export interface Engine extends Executor {
  readonly name: "sqlite" | "postgres";
  transaction<R>(work: (executor: Executor) => Promise<R>): Promise<R>;
  run<I, O>(unit: Unit<I, O>, input: I): Promise<O>;
  /** Where reads go that may take long; writes are refused. */
  readonly aside: Executor;
  close(): Promise<void>;
}
