import { type Queries, type Steps, bulkInsert, query, sql, unit } from "../../store/index.ts";
import type { FailureCode } from "./tally.ts";

/** Requests of one minute that ended the same way. What is not known is empty. */
export interface FailureCount {
  readonly minuteMs: number;
  readonly endpoint: string;
  readonly product: string;
  readonly customer: string;
  readonly code: FailureCode;
  readonly requests: number;
}

const columns = {
  minute_ms: "bigint",
  endpoint: "text",
  product: "text",
  customer: "text",
  code: "text",
  requests: "bigint",
} as const;

const addEach = bulkInsert(
  "request_failures",
  columns,
  `on conflict (minute_ms, endpoint, product, customer, code)
    do update set requests = request_failures.requests + excluded.requests`,
);

/** Adds counts to those of other processes; in one order, so that two who write at once never wait in a circle. */
export function* addFailures(counts: readonly FailureCount[]): Steps<void> {
  const rows = counts
    .map(({ minuteMs, endpoint, product, customer, code, requests }) => ({
      key: `${minuteMs} ${endpoint} ${product} ${customer} ${code}`,
      row: [minuteMs, endpoint, product, customer, code, requests],
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  yield* query(addEach(rows.map(({ row }) => row)));
}

/** A crash may lose what was counted since the last write: nothing of it was billed. */
export const addFailuresUnit = unit(import.meta.url, "addFailuresUnit", addFailures, "relaxed");

/** How many requests failed for one reason in one step of time. */
export interface FailureStep {
  readonly fromMs: number;
  readonly code: FailureCode;
  readonly requests: number;
}

export interface FailureRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Of one endpoint, by whole minutes from `fromMs` on; `""` is what was refused before an endpoint was known. */
export async function failuresOfEndpoint(
  db: Queries,
  { endpoint, fromMs, toMs, stepMs }: FailureRange & { readonly endpoint: string },
): Promise<FailureStep[]> {
  const rows = await db.perform(
    query<{ step: number; code: FailureCode; requests: number }>(
      sql`select step, code, cast(sum(requests) as bigint) as requests
        from (select cast((minute_ms - ${fromMs}) / ${stepMs} as bigint) as step, code, requests from request_failures
          where endpoint = ${endpoint} and minute_ms >= ${fromMs} and minute_ms < ${toMs}) as failed
        group by step, code order by step, code`,
    ),
  );
  return rows.map(({ step, code, requests }) => ({ fromMs: fromMs + step * stepMs, code, requests }));
}

/** What one customer's requests failed for. */
export interface FailureReason {
  /** Empty: refused before it was known. */
  readonly endpoint: string;
  readonly code: FailureCode;
  readonly requests: number;
  /** The minute of the newest. */
  readonly lastMs: number;
}

/** Of one customer, the most frequent first. */
export async function failuresOfCustomer(
  db: Queries,
  range: { readonly customer: string; readonly fromMs: number; readonly toMs: number; readonly limit: number },
): Promise<FailureReason[]> {
  const rows = await db.perform(
    query<{ endpoint: string; code: FailureCode; requests: number; last_ms: number }>(
      sql`select endpoint, code, cast(sum(requests) as bigint) as requests, max(minute_ms) as last_ms
        from request_failures
        where customer = ${range.customer} and minute_ms >= ${range.fromMs} and minute_ms < ${range.toMs}
        group by endpoint, code order by requests desc, endpoint, code limit ${range.limit}`,
    ),
  );
  return rows.map(({ endpoint, code, requests, last_ms }) => ({ endpoint, code, requests, lastMs: last_ms }));
}
