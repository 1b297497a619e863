import type { Id } from "../kernel/ids.ts";
import type { Stance } from "./signal.ts";

/** What both tables repeat of the prediction, so that reports need no join. */
interface OfPrediction {
  prediction: Id<"prediction">;
  endpoint: string;
  release: Id<"release">;
  model: Id<"model">;
  customer: Id<"customer">;
  predicted_at_ms: number;
}

export interface FeedbackRow extends OfPrediction {
  id: Id<"feedback">;
  source: string;
  kind: string;
  value: string;
  stance: Stance;
  created_at_ms: number;
  superseded_at_ms: number | null;
}

export interface ReviewItemRow extends OfPrediction {
  id: Id<"review">;
  input_text: string;
  /** Who allowed that the text is kept: the customer's `dataUse`, or the feedback that brought it. */
  consent: "customer" | "feedback";
  answer_label: string;
  answer_probability: number;
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
  endpoint: string;
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
