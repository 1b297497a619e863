import { type Kind, prepareImage } from "../data/index.ts";
import { Refusal, must, notFound } from "../kernel/errors.ts";
import { canonicalJson, sha256 } from "../kernel/hash.ts";
import { type Id, isId, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { assertStorable } from "../kernel/text.ts";
import { type InputKind, type Model, getModel, inputKindOf } from "../models/index.ts";
import { getCustomer } from "../sell/index.ts";
import { type Prediction, getPrediction, labelOf } from "../serve/index.ts";
import { type Queries, type Steps, type Store, isUniqueViolation, query, queryOne, sql } from "../store/index.ts";
import { enqueueReview } from "./queue.ts";
import { type Signal, type Stance, checkSignal, stanceOf } from "./signal.ts";
import type { FeedbackRow, FeedbackTables } from "./tables.ts";

export interface NewFeedback {
  /** The customer of the key that was used; only its own predictions are found. */
  readonly customer: Id<"customer">;
  readonly prediction: string;
  readonly signal: Signal;
  /** Who signals, within the customer. Default `"customer"`. */
  readonly source?: string;
  /** The text that was answered, given with consent to keep and learn from it; where it was not kept with the prediction. */
  readonly input?: { readonly text: string; readonly consent: true };
  readonly nowMs: number;
}

export interface Feedback {
  readonly id: Id<"feedback">;
  readonly prediction: Id<"prediction">;
  readonly customer: Id<"customer">;
  readonly source: string;
  readonly signal: Signal;
  readonly stance: Stance;
  readonly createdAtMs: number;
  /** When a later signal of the same kind and source took its place. */
  readonly supersededAtMs: number | null;
}

/** The text a reviewer may read, and by whose consent. */
export interface ReviewableText {
  readonly text: string;
  readonly consent: "customer" | "feedback";
}

/** The same as a reviewer's window shows it. */
export interface ReviewableInput extends ReviewableText {
  readonly kind: Kind;
}

interface Gathered {
  readonly prediction: Prediction;
  readonly labels: readonly string[];
  readonly input: ReviewableInput | undefined;
}

/** The last signal of (prediction, kind, source) counts; the same value again returns the one that stands. */
export async function recordFeedback(store: Store, input: NewFeedback): Promise<Feedback> {
  const source = input.source ?? "customer";
  if (source === "" || source.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `A source has 1 to ${limits.nameCharsMax} characters.`, { param: "source" });
  }
  assertStorable(source, "source");
  const gathered = await gather(store, input);
  checkSignal(input.signal, gathered.labels);
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.perform(applySignal(input, source, gathered));
    } catch (error) {
      if (!isUniqueViolation(error) || attempt === 5) throw error; // the same source signalled at the same moment
    }
  }
}

async function gather(db: Queries, { customer, prediction: id, input }: NewFeedback): Promise<Gathered> {
  const prediction = await getPrediction(db, { customer, id });
  const { model } = prediction;
  // an upstream's answer has no labels and is not reviewed: it trains nothing here
  if (!isId("model", model)) return { prediction, labels: [], input: undefined };
  const { labels, task } = await getModel(db, model);
  const text = input ? broughtText(prediction, input.text) : await keptText(db, prediction);
  return { prediction, labels, input: text && reviewableInput(task, text) };
}

function broughtText(prediction: Prediction, text: string): ReviewableText {
  if (sha256(text) === prediction.inputHash) return { text, consent: "feedback" };
  throw new Refusal("invalid_request", "This text is not the one that was answered.", {
    param: "input",
    hint: "Send the very same text as with the prediction, or none.",
  });
}

/** What was kept with the prediction, as long as the customer still allows it. */
export async function keptText(db: Queries, prediction: Prediction): Promise<ReviewableText | undefined> {
  if (prediction.inputText === null) return undefined;
  const { dataUse } = await getCustomer(db, prediction.customer);
  return dataUse === "improve" ? { text: prediction.inputText, consent: "customer" } : undefined;
}

const kindOfInput: { readonly [K in InputKind]: Kind } = { text: "text", row: "table", image: "image" };

/** An image is decoded and drawn anew before anybody's window opens it; nothing where it is none. */
export function reviewableInput(task: Model["task"], { text, consent }: ReviewableText): ReviewableInput | undefined {
  const kind = kindOfInput[inputKindOf(task)];
  if (kind !== "image") return { kind, text, consent };
  const prepared = prepareImage(text, limits.predictionPixelsMax);
  return prepared.ok ? { kind, text: prepared.input, consent } : undefined;
}

function* applySignal(input: NewFeedback, source: string, gathered: Gathered): Steps<Feedback> {
  const { prediction } = gathered;
  const { signal, nowMs } = input;
  const value = canonicalJson(signal);
  const standing = yield* queryOne<FeedbackRow>(sql`select * from feedback where prediction = ${prediction.id}
    and kind = ${signal.kind} and source = ${source} and superseded_at_ms is null`);
  const stance = stanceOf(signal, labelOf(prediction.output));
  if (standing?.value === value) {
    yield* updateQueue(gathered, stance, nowMs); // the text may be new
    return feedbackFromRow(standing);
  }
  if (standing) {
    yield* query(
      sql`update feedback set superseded_at_ms = ${nowMs} where id = ${standing.id} and superseded_at_ms is null`,
    );
  }
  const rows = yield* query<FeedbackRow>(sql`insert into feedback (id, prediction, endpoint, release, model, customer,
      predicted_at_ms, source, kind, value, stance, created_at_ms, superseded_at_ms)
    values (${newId("feedback", nowMs)}, ${prediction.id}, ${prediction.endpoint}, ${prediction.release}, ${prediction.model},
      ${prediction.customer}, ${prediction.createdAtMs}, ${source}, ${signal.kind}, ${value}, ${stance}, ${nowMs}, null)
    returning *`);
  yield* updateQueue(gathered, stance, nowMs);
  return feedbackFromRow(must(rows[0], "an insert returns its row"));
}

/** A neutral signal brings nothing into the queue, but changes the evidence of what is there. */
function* updateQueue({ prediction, labels, input }: Gathered, stance: Stance, nowMs: number): Steps<void> {
  if (!input) return;
  if (stance === "neutral") {
    const item = yield* queryOne(sql`select id from review_items where prediction = ${prediction.id}`);
    if (!item) return;
  }
  yield* enqueueReview({ prediction, ...input, labels, sampled: false, nowMs });
}

/** Refusal `not_found` for another customer's too. */
export async function getFeedback(
  db: Queries,
  { customer, id }: { readonly customer: Id<"customer">; readonly id: string },
): Promise<Feedback> {
  const row = await db
    .as<FeedbackTables>()
    .selectFrom("feedback")
    .selectAll()
    .where("id", "=", id as Id<"feedback">)
    .where("customer", "=", customer)
    .executeTakeFirst();
  if (!row) throw notFound("feedback", id);
  return feedbackFromRow(row);
}

export interface FeedbackList {
  readonly customer: Id<"customer">;
  readonly prediction?: string | undefined;
  readonly limit: number;
  readonly before?: string | undefined;
}

/** Newest first, superseded ones too. */
export async function listFeedback(db: Queries, list: FeedbackList): Promise<Feedback[]> {
  let rows = db.as<FeedbackTables>().selectFrom("feedback").selectAll().where("customer", "=", list.customer);
  if (list.prediction !== undefined) rows = rows.where("prediction", "=", list.prediction as Id<"prediction">);
  if (list.before !== undefined) rows = rows.where("id", "<", list.before as Id<"feedback">);
  return (await rows.orderBy("id", "desc").limit(list.limit).execute()).map(feedbackFromRow);
}

function feedbackFromRow(row: FeedbackRow): Feedback {
  return {
    id: row.id,
    prediction: row.prediction,
    customer: row.customer,
    source: row.source,
    signal: JSON.parse(row.value) as Signal,
    stance: row.stance,
    createdAtMs: row.created_at_ms,
    supersededAtMs: row.superseded_at_ms,
  };
}
