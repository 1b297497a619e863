import { runInChild } from "../../tensor/index.ts";
import { compiledUrl } from "../../kernel/compiled.ts";
import type { Check } from "../../ledger/index.ts";
import { type JobHandler, type Queries, cancelJob, enqueueJob, getJob, query, sql } from "../../store/index.ts";
import type { Conservation } from "./conservation.ts";
import type { ExamineProgress } from "./examine.ts";

/** What was found, and when it was looked. */
export interface Examination {
  readonly examinedAtMs: number;
  readonly checks: readonly Check[];
  readonly counts: Conservation;
}

/** The last examination, and how it stands with the one that is asked for. */
export interface Examined {
  readonly last: Examination | null;
  /** Its progress is null while it waits. */
  readonly running: { readonly askedAtMs: number; readonly progress: ExamineProgress | null } | null;
  /** Why the newest one came to no end. */
  readonly failed: string | null;
}

/** Where the child finds what it examines. */
export interface ExamineInput {
  readonly folder: string;
  readonly databaseUrl: string | undefined;
  readonly nowMs: number;
}

const kind = "examine";

interface Found {
  readonly id: string;
  readonly state: string;
}

const newest = (db: Queries): Promise<readonly Found[]> =>
  db.perform(query<Found>(sql`select id, state from jobs where kind = ${kind} order by id desc limit 20`));

export async function findExamination(db: Queries): Promise<Examined> {
  const jobs = await newest(db);
  const done = jobs.find(({ state }) => state === "done");
  const last = done ? ((await getJob(db, done.id)).result as Examination) : null;
  const [current] = jobs;
  if (!current || current.state === "done") return { last, running: null, failed: null };
  const { state, createdAtMs: askedAtMs, progress, error } = await getJob(db, current.id);
  if (state === "queued" || state === "running") {
    return { last, running: { askedAtMs, progress: progress as ExamineProgress | null }, failed: null };
  }
  return { last, running: null, failed: state === "failed" ? error : null };
}

/** It goes on by itself. While one is asked for, another ask changes nothing. */
export async function askExamination(db: Queries, nowMs: number): Promise<Examined> {
  const { running } = await findExamination(db);
  if (!running) await enqueueJob(db, { kind, payload: {}, nowMs });
  return findExamination(db);
}

export async function cancelExamination(db: Queries, nowMs: number): Promise<Examined> {
  for (const { id, state } of await newest(db))
    if (state === "queued" || state === "running") await cancelJob(db, id, nowMs);
  return findExamination(db);
}

/** In a process of its own with connections of its own: a million answers take minutes, and nobody waits for them. */
export function examineJobs(
  where: Pick<ExamineInput, "folder" | "databaseUrl">,
  now: () => number,
): Readonly<Record<string, JobHandler>> {
  return {
    [kind]: ({ signal, progress }) =>
      runInChild<ExamineInput, Examination, ExamineProgress>({
        entry: new URL("./worker.js", compiledUrl(import.meta.url)),
        input: { ...where, nowMs: now() },
        onProgress: progress,
        signal,
      }),
  };
}
