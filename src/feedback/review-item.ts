import { must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import type { Evidence, Proposal, Stance } from "./signal.ts";
import type { ReviewItemRow } from "./tables.ts";

interface ReviewFacts {
  readonly id: Id<"review">;
  readonly prediction: Id<"prediction">;
  readonly endpoint: string;
  readonly release: Id<"release">;
  readonly model: Id<"model">;
  readonly customer: Id<"customer">;
  readonly input: string;
  readonly answer: { readonly label: string; readonly probability: number };
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

/** One prediction on its way through human review. */
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

export function reviewItemFromRow(row: ReviewItemRow): ReviewItem {
  const facts: ReviewFacts = {
    id: row.id,
    prediction: row.prediction,
    endpoint: row.endpoint,
    release: row.release,
    model: row.model,
    customer: row.customer,
    input: row.input_text,
    answer: { label: row.answer_label, probability: row.answer_probability },
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
