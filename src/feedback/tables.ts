import type { Kind } from "../data/index.ts";
import type { Id } from "../kernel/ids.ts";
import type { Stance } from "./signal.ts";

/** It repeats of the prediction what reports need, so that they need no join. */
export interface FeedbackRow {
  id: Id<"feedback">;
  prediction: Id<"prediction">;
  endpoint: string;
  release: Id<"release">;
  model: Id<"model">;
  customer: Id<"customer">;
  predicted_at_ms: number;
  source: string;
  kind: string;
  value: string;
  stance: Stance;
  created_at_ms: number;
  superseded_at_ms: number | null;
}

/** Of a prediction, with what reports need of it, or of an example. */
export interface ReviewItemRow {
  id: Id<"review">;
  queue: string;
  kind: Kind;
  prediction: Id<"prediction"> | null;
  release: Id<"release"> | null;
  model: Id<"model"> | null;
  customer: Id<"customer"> | null;
  predicted_at_ms: number | null;
  answer_label: string | null;
  answer_probability: number | null;
  dataset: Id<"dataset"> | null;
  example: Id<"example"> | null;
  /** Of a prediction; an example's is read where it is kept. */
  input_text: string | null;
  /** Who allowed that it is read: the customer's `dataUse`, the feedback that brought it, or nobody had to: it is the team's own. */
  consent: "customer" | "feedback" | "own";
  labels: string;
  proposals: string;
  stance: Stance;
  sampled: number;
  priority: number;
  state: "open" | "claimed" | "settled" | "skipped";
  revision: number;
  reviewer: string | null;
  claimed_until_ms: number | null;
  label: string | null;
  reason: string | null;
  ended_at_ms: number | null;
  created_at_ms: number;
  /** 1 while its votes differ and nobody decided. */
  disagreeing: number;
  /** 1 when one person decided over votes that differ. */
  adjudicated: number;
  /** 1 when it tests reviewers. */
  gold: number;
}

export interface ReviewVoteRow {
  item: Id<"review">;
  reviewer: string;
  label: string;
  created_at_ms: number;
}

export interface ReviewTakeRow {
  item: Id<"review">;
  dataset: Id<"dataset">;
  batch: string;
  taken_at_ms: number;
}

export interface ReviewGuideRow {
  queue: string;
  instructions: string;
  reviewers: number;
  updated_at_ms: number;
}

export interface FeedbackTables {
  feedback: FeedbackRow;
  review_items: ReviewItemRow;
  review_votes: ReviewVoteRow;
  review_takes: ReviewTakeRow;
  review_guides: ReviewGuideRow;
}
