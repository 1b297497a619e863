import cluster, { type Worker } from "node:cluster";
import type { Clock } from "./kernel/clock.ts";
import { limits } from "./kernel/limits.ts";
import type { Log } from "./kernel/log.ts";
import { gatherMetrics } from "./worker-metrics.ts";

/*
 * Several processes that answer one port (node:cluster): the first process opens it for them, and does the work that only one
 * should do. A worker that dies is replaced.
 */

/** Whether this process is one of the workers. */
export const isWorker = (): boolean => cluster.isWorker;

interface Ready {
  readonly ready: string;
}

/** A worker tells the first process that it answers. */
export function tellReady(url: string): void {
  process.send?.({ ready: url } satisfies Ready);
}

/** A worker that has finished cuts its line to the first process, which would keep it alive. */
export function leaveWorkers(): void {
  cluster.worker?.disconnect();
}

export interface Workers {
  /** Where they answer, once all do. Null when one could not begin; it has said why. */
  readonly listening: Promise<string | null>;
  /** Asks them to finish what they have begun, and waits; who takes longer than `limits.workerStopMsMax` is killed. */
  stop(): Promise<void>;
}

/** Starts them with this process's own command line. */
export function startWorkers(count: number, { clock, log }: { readonly clock: Clock; readonly log: Log }): Workers {
  const alive = new Map<number, { readonly worker: Worker; readonly gone: Promise<void> }>();
  const waits = new Set<NodeJS.Timeout>();
  let [isStopping, hasBegun, failures] = [false, false, 0];
  let tell: (url: string | null) => void = () => {};
  const listening = new Promise<string | null>((resolve) => (tell = resolve));
  const ready = new Set<number>();
  const metrics = gatherMetrics();

  const start = (): void => {
    const worker = cluster.fork();
    const bornMs = clock.elapsed();
    const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    alive.set(worker.id, { worker, gone });
    metrics.watch(worker);
    worker.on("message", (message: Partial<Ready>) => {
      if (typeof message.ready !== "string") return;
      ready.add(worker.id);
      metrics.include(worker);
      if (ready.size < count || hasBegun) return;
      hasBegun = true;
      tell(message.ready);
    });
    worker.once("exit", (code, signal) => {
      alive.delete(worker.id);
      if (isStopping) return;
      if (!hasBegun) return tell(null);
      failures = clock.elapsed() - bornMs > limits.workerSteadyMs ? 0 : failures + 1;
      const delayMs = Math.min(limits.workerRestartMs * 2 ** failures, limits.workerRestartMsMax);
      log.error({ worker: worker.process.pid, code, signal, delayMs }, "a worker ended and is replaced");
      const wait = setTimeout(() => {
        waits.delete(wait);
        start();
      }, delayMs);
      waits.add(wait);
    });
  };
  // Each accepts by itself. Handed out in turn by the first process, the connection that is on its way to a worker when that
  // one is killed would stay open there with nobody to answer it.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let i = 0; i < count; i++) start();
  return {
    listening,
    async stop() {
      isStopping = true;
      for (const wait of waits) clearTimeout(wait);
      const standing = [...alive.values()];
      for (const { worker } of standing) worker.process.kill("SIGTERM");
      const kill = setTimeout(() => {
        for (const { worker } of alive.values()) worker.process.kill("SIGKILL");
      }, limits.workerStopMsMax);
      await Promise.all(standing.map(({ gone }) => gone));
      clearTimeout(kill);
    },
  };
}
