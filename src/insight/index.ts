export { keepDays } from "./keep-days.ts";
export { type Conservation, conservation } from "./doctor/conservation.ts";
export {
  type Examined,
  askExamination,
  cancelExamination,
  examineJobs,
  findExamination,
} from "./doctor/examinations.ts";
export { examine, isHealthy } from "./doctor/examine.ts";
export { type Findable, type Found, findByName } from "./find.ts";
export { type Funnel, funnelOf } from "./funnel.ts";
export { renderChecks, renderConservation, renderWheel } from "./render.ts";
export type { LineageEdge, LineageKind, LineageNode } from "./lineage/graph.ts";
export { lineageKinds } from "./lineage/graph.ts";
export { type FoundLineage, lineageOf } from "./lineage/lineage.ts";
export { type WheelReport, type WheelRow, wheelReport } from "./wheel.ts";
export {
  type Cohort,
  type Recurring,
  type RevenueMonth,
  type RevenueReport,
  movements,
  revenueReport,
} from "./revenue.ts";
export { type Today, today } from "./today.ts";
export { type PivotRow, type Step, cutsOf, pivotDimensions, pivotReport, steps } from "./pivot.ts";
export { type RetentionKind, retentionKinds, retentionRules } from "./retention/rules.ts";
export { type Retention, changeRetention, listRetention, previewRetention } from "./retention/settings.ts";
export { sweepRetention } from "./retention/sweep.ts";
