export { type AccuracyRange, type FeedbackAccuracy, accuracyByFeedback } from "./accuracy.ts";
export {
  type Feedback,
  type FeedbackList,
  type NewFeedback,
  getFeedback,
  listFeedback,
  recordFeedback,
} from "./record.ts";
export {
  type Settlement,
  type SettlementBatch,
  claimReview,
  countReviews,
  getReviewItem,
  listReviewItems,
  nextReviewItem,
  settleReview,
  settleReviews,
  skipReview,
} from "./review.ts";
export type { ReviewItem, ReviewState } from "./review-item.ts";
export {
  type ReviewedBatch,
  type ReviewedRow,
  countUntakenReviews,
  returnReviewedRows,
  takeReviewedRows,
} from "./reviewed-rows.ts";
export { sampleForReview } from "./sample.ts";
export type { Signal, SignalKind, Stance } from "./signal.ts";
export type { FeedbackTables } from "./tables.ts";
export { type Proportion, wilson } from "./wilson.ts";
