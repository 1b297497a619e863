import { notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Nanos } from "../kernel/money.ts";
import { type Queries, type Steps, type Value, bulkInsert, query } from "../store/index.ts";
import type { PredictionOutput } from "./output.ts";
import type { PredictionRow, ServeTables } from "./tables.ts";

/** What answered: an own model behind a release, or an upstream's model behind a route. */
export type AnsweringModel = Id<"model"> | Id<"upstreamModel">;
export type AnsweringSource = Id<"release"> | Id<"upstreamRoute">;

export interface Prediction {
  readonly id: Id<"prediction">;
  /** The endpoint's public name. */
  readonly endpoint: string;
  readonly release: AnsweringSource;
  readonly model: AnsweringModel;
  readonly customer: Id<"customer">;
  readonly key: Id<"key">;
  /** The id of the HTTP request, as it is in the log. */
  readonly request: string;
  readonly idempotencyKey: string | null;
  readonly bodyHash: string;
  readonly inputHash: string;
  /** Only with the customer's consent. */
  readonly inputText: string | null;
  readonly output: PredictionOutput;
  /** The answered prediction that this one shadowed; such a one was never answered or billed. */
  readonly shadowOf: Id<"prediction"> | null;
  readonly latencyMs: number;
  readonly costNanos: Nanos;
  readonly createdAtMs: number;
}

const insertPredictions = bulkInsert("predictions", {
  id: "text",
  endpoint: "text",
  release: "text",
  model: "text",
  customer: "text",
  key: "text",
  request: "text",
  idempotency_key: "text",
  body_hash: "text",
  input_hash: "text",
  input_text: "text",
  output: "text",
  shadow_of: "text",
  latency_ms: "double precision",
  cost_nanos: "bigint",
  created_at_ms: "bigint",
});

export function* recordPredictions(predictions: readonly Prediction[]): Steps<void> {
  yield* query(insertPredictions(predictions.map(rowOf)));
}

const rowOf = (p: Prediction): Value[] => [
  p.id,
  p.endpoint,
  p.release,
  p.model,
  p.customer,
  p.key,
  p.request,
  p.idempotencyKey,
  p.bodyHash,
  p.inputHash,
  p.inputText,
  JSON.stringify(p.output),
  p.shadowOf,
  p.latencyMs,
  p.costNanos,
  p.createdAtMs,
];

export const recordPrediction = (prediction: Prediction): Steps<void> => recordPredictions([prediction]);

export interface OfCustomer {
  readonly customer: Id<"customer">;
}

/** Refusal `not_found`, the same for one that is missing and one of another customer. */
export async function getPrediction(
  db: Queries,
  { customer, id }: OfCustomer & { readonly id: string },
): Promise<Prediction> {
  const row = await predictions(db)
    .where("id", "=", id as Id<"prediction">)
    .where("customer", "=", customer)
    .executeTakeFirst();
  if (!row || row.shadow_of !== null) throw notFound("prediction", id);
  return fromRow(row);
}

export async function findPredictionByRequest(
  db: Queries,
  { customer, idempotencyKey }: OfCustomer & { readonly idempotencyKey: string },
): Promise<Prediction | undefined> {
  const row = await predictions(db)
    .where("customer", "=", customer)
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  return row && fromRow(row);
}

export interface PredictionPage {
  readonly limit: number;
  readonly before?: string | undefined;
}

/** Newest first, without shadows. */
export async function listPredictions(
  db: Queries,
  { customer, limit, before }: OfCustomer & PredictionPage,
): Promise<Prediction[]> {
  let rows = predictions(db).where("customer", "=", customer).where("shadow_of", "is", null);
  if (before !== undefined) rows = rows.where("id", "<", before as Id<"prediction">);
  return (await rows.orderBy("id", "desc").limit(limit).execute()).map(fromRow);
}

/** For operators only: never reachable with a customer's key. */
export async function getPredictionOfAnyCustomer(db: Queries, id: string): Promise<Prediction> {
  const row = await predictions(db)
    .where("id", "=", id as Id<"prediction">)
    .executeTakeFirst();
  if (!row) throw notFound("prediction", id);
  return fromRow(row);
}

/** For operators only, shadows too, newest first. */
export async function listPredictionsOfAnyCustomer(
  db: Queries,
  { limit, before, endpoint }: PredictionPage & { readonly endpoint?: string | undefined },
): Promise<Prediction[]> {
  let rows = predictions(db);
  if (endpoint !== undefined) rows = rows.where("endpoint", "=", endpoint);
  if (before !== undefined) rows = rows.where("id", "<", before as Id<"prediction">);
  return (await rows.orderBy("id", "desc").limit(limit).execute()).map(fromRow);
}

const predictions = (db: Queries) => db.as<ServeTables>().selectFrom("predictions").selectAll();

function fromRow(row: PredictionRow): Prediction {
  return {
    id: row.id,
    endpoint: row.endpoint,
    release: row.release,
    model: row.model,
    customer: row.customer,
    key: row.key,
    request: row.request,
    idempotencyKey: row.idempotency_key,
    bodyHash: row.body_hash,
    inputHash: row.input_hash,
    inputText: row.input_text,
    output: JSON.parse(row.output) as PredictionOutput,
    shadowOf: row.shadow_of,
    latencyMs: row.latency_ms,
    costNanos: row.cost_nanos,
    createdAtMs: row.created_at_ms,
  };
}
