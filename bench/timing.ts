import { existsSync, readFileSync } from "node:fs";

export interface Timed {
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly minMs: number;
  /** Processor time of a step, of all threads: what a busy machine changes least. */
  readonly cpuMs: number;
  readonly steps: number;
  readonly firstLosses: readonly number[];
  /** The most memory the process ever held. */
  readonly peakMb: number;
  /** Cores that other processes kept busy meanwhile; 0 is a quiet machine; absent where it cannot be known. */
  readonly othersBusy?: number;
}

/**
 * Calls `step` (which returns its loss) for about `budgetMs`, at least twice, after a warm-up: of 20 steps and 700 ms, so that
 * just-in-time compilers are done, or of 2.5 s where steps are long.
 */
export async function timeSteps(step: (index: number) => Promise<number>, budgetMs: number): Promise<Timed> {
  const losses: number[] = [];
  const next = async (): Promise<void> => void losses.push(await step(losses.length));
  const since = stopwatch();
  do await next();
  while ((losses.length < 20 || since() < 700) && since() < 2_500);
  const times: number[] = [];
  const [busyBefore, ownBefore, running] = [busySeconds(), process.cpuUsage(), stopwatch()];
  while (running() < budgetMs || times.length < 2) {
    const taken = stopwatch();
    await next();
    times.push(taken());
  }
  const [busyAfter, own, seconds] = [busySeconds(), process.cpuUsage(ownBefore), running() / 1000];
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  const timed = {
    medianMs: at(0.5),
    p90Ms: at(0.9),
    minMs: at(0),
    cpuMs: (own.user + own.system) / 1000 / times.length,
    steps: times.length,
    firstLosses: losses.slice(0, 4),
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  if (busyBefore === undefined || busyAfter === undefined) return timed;
  return { ...timed, othersBusy: Math.max(0, (busyAfter - busyBefore - (own.user + own.system) / 1e6) / seconds) };
}

/** Milliseconds since it was made. */
export function stopwatch(): () => number {
  const from = performance.now();
  return () => performance.now() - from;
}

/** Processor seconds used on this machine since it started, by anyone. */
function busySeconds(): number | undefined {
  if (!existsSync("/proc/stat")) return undefined;
  const ticks = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  return (user + nice + system + irq + softirq + steal) / 100;
}
