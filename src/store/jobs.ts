import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { bulkInsert } from "./bulk.ts";
import { type Value, sql } from "./statement.ts";
import { type Steps, query, queryOne, unit } from "./steps.ts";
import type { Queries, Store } from "./store.ts";

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

/** Long work as a row in the same database, so that a job and the fact that caused it commit together. */
export interface Job {
  readonly id: Id<"job">;
  readonly kind: string;
  readonly payload: unknown;
  readonly state: JobState;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly cancelRequested: boolean;
  /** What the handler last said of its progress. */
  readonly progress: unknown;
  readonly result: unknown;
  readonly error: string | null;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

interface JobRow {
  id: Id<"job">;
  kind: string;
  payload: string;
  state: JobState;
  attempts: number;
  attempts_max: number;
  cancel_requested: number;
  progress: string | null;
  result: string | null;
  error: string | null;
  created_at_ms: number;
  finished_at_ms: number | null;
}

export interface NewJob {
  readonly kind: string;
  readonly payload: unknown;
  readonly nowMs: number;
  readonly runAtMs?: number;
  readonly attemptsMax?: number;
}

/** Adds a job within the caller's transaction. */
export function enqueueJob(db: Queries, job: NewJob): Promise<Id<"job">> {
  return db.perform(insertJob(job));
}

/** The same as steps: within a unit. */
export function* insertJob(job: NewJob): Steps<Id<"job">> {
  const [id] = yield* insertJobs([job]);
  return must(id, "a job has an id");
}

/** Many at once. */
export function* insertJobs(jobs: readonly NewJob[]): Steps<Id<"job">[]> {
  const ids = jobs.map((job) => newId("job", job.nowMs));
  const rows = jobs.map(({ kind, payload, nowMs, runAtMs = nowMs, attemptsMax = limits.jobAttemptsMax }, at) => {
    return [ids[at] ?? "", kind, JSON.stringify(payload), "queued", runAtMs, 0, attemptsMax, 0, nowMs];
  });
  if (rows.length > 0) yield* query(insertRows(rows));
  return ids;
}

const insertRows = bulkInsert("jobs", {
  id: "text",
  kind: "text",
  payload: "text",
  state: "text",
  run_at_ms: "bigint",
  attempts: "bigint",
  attempts_max: "bigint",
  cancel_requested: "bigint",
  created_at_ms: "bigint",
});

export async function getJob(db: Queries, id: string): Promise<Job> {
  const row = await db.perform(queryOne<JobRow>(sql`select * from jobs where id = ${id}`));
  if (!row) throw notFound("job", id);
  return fromRow(row);
}

/** A queued job ends at once; a running one is told at its next heartbeat. */
export async function cancelJob(db: Queries, id: string, nowMs: number): Promise<Job> {
  await db.perform(
    query(sql`update jobs set cancel_requested = 1,
        state = case when state = 'queued' then 'cancelled' else state end,
        finished_at_ms = case when state = 'queued' then cast(${nowMs} as bigint) else finished_at_ms end
      where id = ${id} and state in ('queued', 'running')`),
  );
  return getJob(db, id);
}

interface ClaimInput {
  readonly kinds: readonly string[];
  /** Claim this job and no other. */
  readonly only: string | null;
  readonly owner: string;
  readonly nowMs: number;
}

/**
 * Leases the oldest waiting job, or one whose owner fell silent. The lease and the count of attempts change in one
 * conditional update, so two workers never hold the same job.
 */
export const claimJob = unit(import.meta.url, "claimJob", function* (input: ClaimInput): Steps<Job | undefined> {
  const { owner, nowMs, only } = input;
  const kinds = JSON.stringify(input.kinds);
  yield* query(sql`update jobs set state = 'failed', finished_at_ms = ${nowMs}, error = 'The worker died and no attempt is left.'
    where state = 'running' and lease_until_ms < ${nowMs} and attempts >= attempts_max`);
  const found = yield* query<{ id: string; kind: string }>(sql`select id, kind from jobs
    where ((state = 'queued' and run_at_ms <= ${nowMs}) or (state = 'running' and lease_until_ms < ${nowMs}))
      and attempts < attempts_max and (cast(${only} as text) is null or id = ${only})
    order by run_at_ms, id limit 50`);
  const candidates = found.filter((job) => only !== null || (JSON.parse(kinds) as string[]).includes(job.kind));
  for (const { id } of candidates) {
    const row = yield* queryOne<JobRow>(sql`update jobs
      set state = 'running', attempts = attempts + 1, lease_owner = ${owner}, lease_until_ms = ${nowMs + limits.jobLeaseMs}
      where id = ${id} and (state = 'queued' or lease_until_ms < ${nowMs}) and state in ('queued', 'running')
      returning *`);
    if (row) return fromRow(row);
  }
  return undefined;
});

interface BeatInput {
  readonly id: string;
  readonly owner: string;
  readonly nowMs: number;
  readonly progress: string | null;
}

/** Extends the lease. `lost` means another worker has the job by now: stop at once and write nothing. */
export const jobBeat = unit(import.meta.url, "jobBeat", function* (input: BeatInput): Steps<
  "held" | "cancelled" | "lost"
> {
  const row = yield* queryOne<{ cancel_requested: number }>(sql`update jobs
    set lease_until_ms = ${input.nowMs + limits.jobLeaseMs}, progress = coalesce(${input.progress}, progress)
    where id = ${input.id} and lease_owner = ${input.owner} and state = 'running' returning cancel_requested`);
  if (!row) return "lost";
  return row.cancel_requested === 1 ? "cancelled" : "held";
});
interface Ending {
  readonly state: JobState;
  readonly result: string | null;
  readonly error: string | null;
  readonly runAtMs: number;
}

async function endJob(db: Queries, job: Job, owner: string, nowMs: number, ending: Ending): Promise<void> {
  const finishedAtMs: Value = ending.state === "queued" ? null : nowMs;
  await db.perform(
    query(sql`update jobs set state = ${ending.state}, result = ${ending.result}, error = ${ending.error},
        run_at_ms = ${ending.runAtMs}, finished_at_ms = ${finishedAtMs}, lease_owner = null, lease_until_ms = null
      where id = ${job.id} and lease_owner = ${owner} and state = 'running'`),
  );
}

export interface JobContext {
  readonly job: Job;
  /** Aborted when the job is cancelled, its lease is lost or the process stops. */
  readonly signal: AbortSignal;
  /** Kept with the job at the next heartbeat; cheap to call often. */
  progress(value: unknown): void;
}

export type JobHandler = (context: JobContext) => Promise<unknown>;

export interface JobRunner {
  readonly store: Store;
  readonly now: () => number;
  readonly owner: string;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

const backoffMs = (attempt: number): number => 1_000 * 4 ** (attempt - 1); // 1 s, 4 s, 16 s

/**
 * Claims one job and runs it to its end in this process. Returns the job as it ended, or nothing when none waits. A
 * `Refusal` fails it at once; any other error is tried again later, a bounded number of times.
 */
export async function runOneJob(runner: JobRunner, only: string | null, stop?: AbortSignal): Promise<Job | undefined> {
  const { store, now, owner, handlers } = runner;
  const job = await store.run(claimJob, { kinds: Object.keys(handlers), only, owner, nowMs: now() });
  if (!job) return undefined;
  const ended = await execute(runner, job, must(handlers[job.kind], `a handler for ${job.kind}`), stop);
  if (ended) await endJob(store, job, owner, now(), ended);
  return getJob(store, job.id);
}

async function execute(
  { store, now, owner }: JobRunner,
  job: Job,
  handler: JobHandler,
  stop?: AbortSignal,
): Promise<Ending | undefined> {
  const abort = new AbortController();
  let why: "cancelled" | "lost" | "stopped" | undefined;
  const end = (reason: NonNullable<typeof why>): void => {
    why ??= reason;
    abort.abort();
  };
  const onStop = (): void => end("stopped");
  stop?.addEventListener("abort", onStop);
  if (stop?.aborted) onStop();
  let progress: string | null = null;
  const heartbeat = async (): Promise<void> => {
    const state = await store.run(jobBeat, { id: job.id, owner, nowMs: now(), progress });
    if (state !== "held") end(state);
  };
  const timer = setInterval(() => void heartbeat().catch(() => end("lost")), limits.jobHeartbeatMs);
  try {
    const result = await handler({
      job,
      signal: abort.signal,
      progress: (value) => void (progress = JSON.stringify(value)),
    });
    await heartbeat();
    return { state: "done", result: JSON.stringify(result ?? null), error: null, runAtMs: now() };
  } catch (error) {
    if (why === "lost") return undefined;
    if (why === "cancelled") return { state: "cancelled", result: null, error: null, runAtMs: now() };
    if (why === "stopped") return { state: "queued", result: null, error: null, runAtMs: now() };
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Refusal || job.attempts >= job.attemptsMax) {
      return { state: "failed", result: null, error: message, runAtMs: now() };
    }
    return { state: "queued", result: null, error: message, runAtMs: now() + backoffMs(job.attempts) };
  } finally {
    clearInterval(timer);
    stop?.removeEventListener("abort", onStop);
  }
}

/** Takes jobs one after the other until stopped. `stop()` waits for the running one to put itself back. */
export function startJobs(runner: JobRunner, onError: (error: unknown) => void): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  let wake = (): void => {};
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const worked = await runOneJob(runner, null, stopping.signal).catch((error: unknown) => {
        onError(error);
      });
      if (worked) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        const timer = setTimeout(resolve, limits.jobPollMs);
        timer.unref();
      });
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
  };
}

function fromRow(row: JobRow): Job {
  const parse = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return {
    id: row.id,
    kind: row.kind,
    payload: parse(row.payload),
    state: row.state,
    attempts: row.attempts,
    attemptsMax: row.attempts_max,
    cancelRequested: row.cancel_requested === 1,
    progress: parse(row.progress),
    result: parse(row.result),
    error: row.error,
    createdAtMs: row.created_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
}
