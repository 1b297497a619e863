import type { Worker } from "node:cluster";
import { limits } from "./kernel/limits.ts";

/*
 * `/metrics` of a server with workers: the worker that is asked asks the first process, which asks all, and answers for
 * all. Counts of workers that ended stay in: a sum that fell would look like a restart, and be counted twice.
 */

/** What one registry has counted, as plain data. */
export type Counted = readonly { readonly type: string }[];

type Message =
  /** A worker was asked. */
  | { readonly metrics: "wanted"; readonly ask: number }
  /** Each worker is to say. */
  | { readonly metrics: "say"; readonly round: number }
  | { readonly metrics: "said"; readonly round: number; readonly counted: Counted }
  /** What all said. */
  | { readonly metrics: "all"; readonly ask: number; readonly parts: readonly Counted[] };

/** In a worker: says what it has counted when it is asked, and asks for what all have; only its own when nobody answers. */
export function shareMetrics(own: () => Promise<readonly object[]>): () => Promise<readonly object[]> {
  const waiting = new Map<number, (parts: readonly object[]) => void>();
  let asks = 0;
  const send = (message: object): void => void process.send?.(message);
  process.on("message", (message: Message) => {
    if (message.metrics === "say") {
      const { round } = message;
      void own().then((counted) => send({ metrics: "said", round, counted }));
    }
    if (message.metrics === "all") waiting.get(message.ask)?.(message.parts);
  });
  return async () => {
    const ask = ++asks;
    const answered = new Promise<readonly object[]>((resolve) => {
      const late = setTimeout(() => void own().then((counted) => resolve([counted])), 2 * limits.metricsGatherMsMax);
      waiting.set(ask, (parts) => {
        clearTimeout(late);
        resolve(parts);
      });
      send({ metrics: "wanted", ask } satisfies Message);
    });
    return answered.finally(() => waiting.delete(ask));
  };
}

interface Round {
  /** Workers that have not said yet, by id. */
  readonly missing: Set<number>;
  readonly end: () => void;
}

export interface GatheredMetrics {
  /** Listens to a worker. */
  watch(worker: Worker): void;
  /** It answers: from now on it is asked. */
  include(worker: Worker): void;
}

/** In the first process. */
export function gatherMetrics(): GatheredMetrics {
  const workers = new Map<number, Worker>();
  const last = new Map<number, Counted>();
  const rounds = new Map<number, Round>();
  let began = 0;
  let ended: Promise<Counted> = Promise.resolve([]);
  const told = (worker: number): void => {
    for (const { missing, end } of rounds.values()) if (missing.delete(worker) && missing.size === 0) end();
  };
  const gather = (): Promise<readonly Counted[]> =>
    new Promise((resolve) => {
      const round = ++began;
      const end = (): void => {
        if (!rounds.delete(round)) return;
        clearTimeout(late);
        const said = [...last.values()];
        resolve(ended.then((sums) => [...said, sums]));
      };
      const late = setTimeout(end, limits.metricsGatherMsMax);
      rounds.set(round, { missing: new Set(workers.keys()), end });
      for (const worker of workers.values()) send(worker, { metrics: "say", round });
    });
  return {
    include: (worker) => void workers.set(worker.id, worker),
    watch(worker) {
      worker.on("message", (message: Message) => {
        if (message.metrics === "said") {
          last.set(worker.id, message.counted);
          told(worker.id);
        }
        if (message.metrics === "wanted") {
          void gather().then((parts) => send(worker, { metrics: "all", ask: message.ask, parts }));
        }
      });
      worker.once("exit", () => {
        workers.delete(worker.id);
        const counts = (last.get(worker.id) ?? []).filter(({ type }) => type !== "gauge");
        last.delete(worker.id);
        if (counts.length > 0) ended = ended.then((before) => summed([before, counts]));
        told(worker.id);
      });
    },
  };
}

function send(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message);
}

async function summed(parts: readonly Counted[]): Promise<Counted> {
  const { AggregatorRegistry } = await import("prom-client"); // only where a worker ended
  const sums = await AggregatorRegistry.aggregate([...parts]).getMetricsAsJSON();
  return sums.map((metric) => ({ ...metric, type: String(metric.type) }));
}
