import type { Gateway } from "../gateway/index.ts";
import type { Passwords } from "../identity/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Currency } from "../kernel/money.ts";
import type { Secret } from "../kernel/secret.ts";
import type { PaymentProvider } from "../sell/index.ts";
import type { Serving } from "../serve/index.ts";
import type { Store } from "../store/index.ts";
import type { Upstreams } from "../upstream/index.ts";
import type { Live } from "./live.ts";
import type { Metrics } from "./metrics.ts";

/** Everything a handler may reach. `app.ts` makes it. */
export interface ApiDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly pepper: Secret;
  readonly currency: Currency;
  readonly passwords: Passwords;
  /** `https://host` where people open the console; what each request says unless set. */
  readonly publicUrl: string | undefined;
  /** How long the audit log is kept. */
  readonly auditDays: number;
  readonly live: Live;
  /** The built console. */
  readonly webFolder: string;
  /** Who issues the invoices, where the seller has no name of its own. */
  readonly sellerName: string;
  /** Who moves money, by name. */
  readonly payments: ReadonlyMap<string, PaymentProvider>;
  /** Threads that evaluations may use. */
  readonly threads: number;
  readonly gateway: Gateway;
  readonly serving: Serving;
  readonly upstreams: Upstreams;
  readonly metrics: Metrics;
  /** The database answers and the server is not stopping. */
  isReady(): Promise<boolean>;
}
