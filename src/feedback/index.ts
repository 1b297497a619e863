export { type Agreement, reviewAgreement } from "./agreement/agreement.ts";
export { type Coefficient, type CoefficientName, coefficientNames } from "./agreement/coefficients.ts";
export { type AccuracyRange, type FeedbackAccuracy, accuracyByFeedback } from "./accuracy.ts";
export { type FirstSide, firstSides } from "./first-sides.ts";
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
  countReviews,
  countReviewsByQueue,
  getReviewItem,
  listReviewItems,
  listVotes,
  settleReview,
  settleReviews,
  skipReview,
} from "./review.ts";
export { claimReview, claimReviews, nextReviewItem, releaseReviews } from "./claims.ts";
export { type ReviewGuide, getReviewGuide, setReviewGuide } from "./review-guide.ts";
export { type ReviewItem, type ReviewOrigin, type ReviewState, queueOfDataset } from "./review-item.ts";
export {
  type ReviewedBatch,
  type ReviewedRow,
  countUntakenReviews,
  returnReviewedRows,
  takeReviewedRows,
} from "./reviewed-rows.ts";
export { adjudicateReview, setGold, undoReview } from "./second-thoughts.ts";
export { type ExamplesToReview, type QueuedExamples, queueExamples } from "./queue-examples.ts";
export { sampleForReview } from "./sample.ts";
export type { Signal, SignalKind, Stance } from "./signal.ts";
export type { FeedbackTables } from "./tables.ts";
export { versionFromReviews } from "./version-from-reviews.ts";
export { type Proportion, wilson } from "./wilson.ts";
