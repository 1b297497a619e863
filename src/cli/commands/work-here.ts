import type { Id } from "../../kernel/ids.ts";
import { runOneJob } from "../../store/index.ts";
import type { CliApp } from "../app.ts";
import type { Invocation } from "../command.ts";
import type { Progress } from "../terminal.ts";

/** A job and how what it works on is watched, read and stopped. */
export interface HereWork<T> {
  readonly job: Id<"job">;
  readonly progress: Progress;
  watch(options: { signal: AbortSignal; everyMs: number }): Promise<T>;
  get(): Promise<T>;
  cancel(): Promise<unknown>;
}

/** Does a job in this process and shows how it goes. Ctrl-C cancels what it works on. */
export async function workHere<T>(app: CliApp, { signal }: Invocation, work: HereWork<T>): Promise<T> {
  const ended = new AbortController();
  const cancel = (): void => void work.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel, { once: true });
  const watching = work.watch({ signal: ended.signal, everyMs: 200 });
  try {
    const runner = { store: app.store, now: () => app.clock.now(), owner: app.owner, handlers: app.jobHandlers };
    return (await runOneJob(runner, work.job)) ? await work.get() : await watching; // a server took it first
  } finally {
    ended.abort();
    await watching.catch(() => undefined);
    signal.removeEventListener("abort", cancel);
    work.progress.done();
  }
}
