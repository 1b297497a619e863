import type { Gateway } from "../gateway/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Currency } from "../kernel/money.ts";
import type { Secret } from "../kernel/secret.ts";
import type { JobHandler, Store } from "../store/index.ts";

/** An opened data folder, as far as commands need it. `app.ts` makes it. */
export interface CliApp {
  readonly store: Store;
  readonly clock: Clock;
  readonly pepper: Secret;
  readonly currency: Currency;
  readonly threads: number;
  /** How long the audit log is kept unless an owner has said otherwise. */
  readonly auditDays: number;
  /** Who issues the invoices. */
  readonly sellerName: string;
  readonly settings: readonly Setting[];
  /** Where people open the console, unless `serve` was told another address. */
  readonly publicUrl: string;
  /** Names this process as the holder of leases. */
  readonly owner: string;
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  /** The paid path, opened on first use. */
  gateway(): Promise<Gateway>;
  /** Starts the HTTP server; it answers until `stop`. */
  serve(options: {
    readonly host?: string;
    readonly port?: number;
    /** Processes that answer; one unless given. */
    readonly workers?: number;
  }): Promise<RunningServer>;
  createOperatorKey(name: string): Promise<Secret>;
  close(): Promise<void>;
}

export interface RunningServer {
  readonly url: string;
  /** It is one of several, and the first of them tells people. */
  readonly isWorker?: boolean;
  stop(): Promise<void>;
}

export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: string;
  readonly env: string;
  readonly help: string;
}

/** What a command can reach: nothing is opened before it asks. */
export interface World {
  readonly folder: string;
  /** Makes the data folder; false when it was there. */
  init(): boolean;
  open(): Promise<CliApp>;
}
