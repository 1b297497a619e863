/** How long a run takes to its first step, and how much a training child delays the server that started it. */
import { createServer, get, Agent } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { runInChild } from "millrace/tensor";
import { stopwatch } from "./timing.ts";
import type { Trained } from "./trainer.ts";
import type { Workload } from "./workloads.ts";

interface Figure {
  readonly workload: Workload;
  /** From the start of the child process, and from the call of `fit` inside it, until the first step begins. */
  readonly childToFirstStepMs: number;
  readonly fitToFirstStepMs: number;
  readonly stepMs: number;
  readonly server: Load;
}
interface Load {
  /** How much later than asked for the server's event loop came round. */
  readonly delayMsP50: number;
  readonly delayMsP99: number;
  readonly delayMsMax: number;
  readonly requests: number;
  readonly answerMsP99: number;
}

export async function figures(): Promise<{ readonly alone: Load; readonly training: readonly Figure[] }> {
  const alone = await whileServing(() => new Promise<void>((resolve) => void setTimeout(resolve, 4_000)));
  const training: Figure[] = [];
  for (const workload of ["A", "C100", "D"] as const) {
    const since = stopwatch();
    let childToFirstStepMs = Number.NaN;
    const { result, load } = await whileServing(() =>
      runInChild<{ workload: Workload; forMs: number }, Trained, string>({
        entry: new URL("./trainer.js", import.meta.url),
        input: { workload, forMs: 6_000 },
        onProgress: () => (childToFirstStepMs = since()),
      }),
    );
    training.push({ workload, childToFirstStepMs, ...result, server: load });
  }
  return { alone: alone.load, training };
}

/** Answers one request after another, and watches its event loop, until `work` is done. */
async function whileServing<Result>(work: () => Promise<Result>): Promise<{ result: Result; load: Load }> {
  const server = createServer((_, response) => void response.end('{"label":"good"}'));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const resolution = 1;
  const loop = monitorEventLoopDelay({ resolution });
  const answers: number[] = [];
  const stop = new AbortController();
  const client = (async () => {
    while (!stop.signal.aborted) {
      const since = stopwatch();
      await answered(agent, port);
      answers.push(since());
      await new Promise((resolve) => void setTimeout(resolve, 2)); // a client thinks
    }
  })();
  loop.enable();
  const result = await work();
  loop.disable();
  stop.abort();
  await client;
  agent.destroy();
  server.close();
  answers.sort((a, b) => a - b);
  const late = (share: number): number => Math.max(0, loop.percentile(share) / 1e6 - resolution);
  const load = {
    delayMsP50: late(50),
    delayMsP99: late(99),
    delayMsMax: Math.max(0, loop.max / 1e6 - resolution),
    requests: answers.length,
    answerMsP99: answers[Math.floor((answers.length - 1) * 0.99)] ?? Number.NaN,
  };
  return { result, load };
}

function answered(agent: Agent, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ agent, port, host: "127.0.0.1" }, (response) => {
      response.resume();
      response.on("end", () => resolve());
    });
    request.on("error", reject);
  });
}

export function printFigures({ alone, training }: Awaited<ReturnType<typeof figures>>): void {
  const served = ({ delayMsP50, delayMsP99, delayMsMax, answerMsP99 }: Load): string =>
    [delayMsP50, delayMsP99, delayMsMax, answerMsP99].map((ms) => ms.toFixed(2).padStart(9)).join("");
  console.log("                        ms to the first step            event loop late by, ms    answer");
  console.log("trained      ms a step   from child   from fit        p50      p99      max   p99 ms");
  console.log(`${"nothing".padEnd(49)}${served(alone)}`);
  for (const { workload, stepMs, childToFirstStepMs, fitToFirstStepMs, server } of training) {
    const times = [
      stepMs.toFixed(1).padStart(9),
      ...[childToFirstStepMs, fitToFirstStepMs].map((ms) => ms.toFixed(0).padStart(12)),
    ];
    console.log(`${workload.padEnd(13)}${times.join("")}   ${served(server)}`);
  }
}
