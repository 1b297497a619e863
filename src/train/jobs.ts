import { Refusal, unreachable } from "../kernel/errors.ts";
import { type Job, type JobContext, type Store, getJob } from "../store/index.ts";

/** How a run or a search stands whose row holds no outcome: the job knows who works on it, and why it failed. */
export type Standing<Working extends string, Progress> =
  | { readonly state: "queued" }
  | { readonly state: Working; readonly progress: Progress | null }
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "cancelled" };

export function standingOf<Working extends string, Progress>(job: Job, working: Working): Standing<Working, Progress> {
  switch (job.state) {
    case "queued":
      return { state: "queued" };
    case "running":
    case "done": // its row is written in the same moment
      return { state: working, progress: job.progress as Progress | null };
    case "failed":
      return { state: "failed", reason: job.error ?? "It failed without a reason." };
    case "cancelled":
      return { state: "cancelled" };
    default:
      return unreachable(job.state);
  }
}

export function hasEnded({ state }: { readonly state: string }): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

/** Whether another attempt follows: after an error while attempts are left, or after the process was told to stop. */
export async function willContinue(store: Store, { job, signal }: JobContext, error: unknown): Promise<boolean> {
  if (signal.aborted) return !(await getJob(store, job.id)).cancelRequested;
  return !(error instanceof Refusal) && job.attempts < job.attemptsMax;
}
