import { type Kind, textsOfExamples } from "../data/index.ts";
import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import type { Evidence, Proposal, Stance } from "./signal.ts";
import type { ReviewItemRow } from "./tables.ts";

interface ReviewFacts {
  readonly id: Id<"review">;
  /** An endpoint's name, or `queueOfDataset`. */
  readonly queue: string;
  /** What the input is. */
  readonly kind: Kind;
  readonly origin: ReviewOrigin;
  /** Empty where an example was forgotten since. */
  readonly input: string;
  /** The labels to choose from. */
  readonly labels: readonly string[];
  readonly proposals: readonly Proposal[];
  readonly stance: Stance;
  /** Drawn at random, not because of a signal. */
  readonly sampled: boolean;
  /** Higher first. */
  readonly priority: number;
  /** Its votes differ and nobody decided. */
  readonly disagreeing: boolean;
  /** One person decided over votes that differ. */
  readonly adjudicated: boolean;
  /** Settled, and shown to reviewers again to see whether they are right. */
  readonly gold: boolean;
  readonly createdAtMs: number;
}

/** What is reviewed: an answer that somebody got, or an example of a dataset. */
export type ReviewOrigin =
  | {
      readonly kind: "prediction";
      readonly prediction: Id<"prediction">;
      readonly release: Id<"release">;
      readonly model: Id<"model">;
      readonly customer: Id<"customer">;
      readonly answer: { readonly label: string; readonly probability: number };
    }
  | { readonly kind: "example"; readonly dataset: Id<"dataset">; readonly example: Id<"example"> };

/** The queue in which a dataset's examples wait. */
export const queueOfDataset = (name: string): string => `dataset:${name}`;

/** One prediction or example on its way through human review. */
export type ReviewItem = ReviewFacts &
  (
    | { readonly state: "open" }
    | { readonly state: "claimed"; readonly reviewer: string; readonly claimedUntilMs: number }
    | { readonly state: "settled"; readonly label: string; readonly reviewer: string; readonly settledAtMs: number }
    | { readonly state: "skipped"; readonly reviewer: string; readonly reason: string; readonly skippedAtMs: number }
  );

export type ReviewState = ReviewItem["state"];

const evidenceRank: { readonly [S in Stance]: number } = { disputed: 2, neutral: 1, confirmed: 0 };

/** What votes that differ add to the priority: such an item comes before all others. */
export const disagreementPriority = 10;

/**
 * Disputed first, then drawn samples without a stance, then confirmed; a proposed label before none; among equals the
 * answer the model was least sure of. Each part is below the next one's step: rank in 2s, proposal 1, doubt in [0, 1).
 */
export function reviewPriority({ stance, proposals }: Evidence, probability: number): number {
  const doubt = 1 - Math.min(1, Math.max(1e-9, probability));
  return evidenceRank[stance] * 2 + (proposals.length > 0 ? 1 : 0) + doubt;
}

/** Items with their inputs, in the order of the rows. An example's text is read where it is kept, so that what is forgotten there is forgotten here. */
export async function readItems(db: Queries, rows: readonly ReviewItemRow[]): Promise<ReviewItem[]> {
  const texts = await textsOfExamples(
    db,
    rows.flatMap(({ example }) => example ?? []),
  );
  return rows.map((row) => itemFromRow(row, row.input_text ?? texts.get(row.example ?? "") ?? ""));
}

export async function readItem(db: Queries, row: ReviewItemRow): Promise<ReviewItem> {
  const [item] = await readItems(db, [row]);
  return must(item, "a row is an item");
}

function originOf(row: ReviewItemRow): ReviewOrigin {
  const { dataset, example, prediction } = row;
  if (dataset !== null && example !== null) return { kind: "example", dataset, example };
  return {
    kind: "prediction",
    prediction: must(prediction, "what is no example is a prediction"),
    release: must(row.release, "a prediction has a release"),
    model: must(row.model, "a prediction has a model"),
    customer: must(row.customer, "a prediction has a customer"),
    answer: {
      label: must(row.answer_label, "a prediction has an answer"),
      probability: must(row.answer_probability, "an answer has a probability"),
    },
  };
}

function itemFromRow(row: ReviewItemRow, input: string): ReviewItem {
  const facts: ReviewFacts = {
    id: row.id,
    queue: row.queue,
    kind: row.kind,
    origin: originOf(row),
    input,
    labels: JSON.parse(row.labels) as string[],
    proposals: JSON.parse(row.proposals) as Proposal[],
    stance: row.stance,
    sampled: row.sampled === 1,
    priority: row.priority,
    disagreeing: row.disagreeing === 1,
    adjudicated: row.adjudicated === 1,
    gold: row.gold === 1,
    createdAtMs: row.created_at_ms,
  };
  if (row.state === "open") return { ...facts, state: "open" };
  const reviewer = must(row.reviewer, "an item that left the open state has a reviewer");
  if (row.state === "claimed") {
    return { ...facts, state: "claimed", reviewer, claimedUntilMs: must(row.claimed_until_ms, "a claim ends") };
  }
  const endedAtMs = must(row.ended_at_ms, "an ended item says when");
  if (row.state === "skipped") {
    return { ...facts, state: "skipped", reviewer, reason: row.reason ?? "", skippedAtMs: endedAtMs };
  }
  return {
    ...facts,
    state: "settled",
    reviewer,
    label: must(row.label, "a settled item has a label"),
    settledAtMs: endedAtMs,
  };
}
