export { type Bulk, type Columns, bulkInsert, bulkStatement, inOrder } from "./bulk.ts";
export type { Blobs } from "./blobs.ts";
export { StoreError, isUniqueViolation } from "./failures.ts";
export { type Row, type Statement, type Value, sql } from "./statement.ts";
export { type Steps, type Unit, query, queryOne, unit } from "./steps.ts";
export { type Queries, type Store, type StoreOptions, openStore } from "./store.ts";
export {
  type Job,
  type JobContext,
  type JobHandler,
  type JobRunner,
  type JobState,
  type NewJob,
  cancelJob,
  enqueueJob,
  getJob,
  insertJob,
  insertJobs,
  runOneJob,
  startJobs,
} from "./jobs.ts";
