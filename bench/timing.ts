import { existsSync, readFileSync } from "node:fs";

export interface Timed {
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly minMs: number;
  readonly steps: number;
  readonly firstLosses: readonly number[];
  /** Cores that other processes kept busy meanwhile; 0 is a quiet machine; absent where it cannot be known. */
  readonly othersBusy?: number;
}

/**
 * Calls `step` (which returns its loss) for about `budgetMs`, after a warm-up of at least 20 steps and 700 ms, so that
 * just-in-time compilers are done.
 */
export async function timeSteps(step: (index: number) => Promise<number>, budgetMs: number): Promise<Timed> {
  const firstLosses: number[] = [];
  let index = 0;
  const warmFrom = performance.now();
  while (index < 20 || performance.now() - warmFrom < 700) firstLosses.push(await step(index++));
  const times: number[] = [];
  const [busyBefore, ownBefore, started] = [busySeconds(), process.cpuUsage(), performance.now()];
  while (performance.now() - started < budgetMs) {
    const from = performance.now();
    await step(index++);
    times.push(performance.now() - from);
  }
  const [busyAfter, own, seconds] = [busySeconds(), process.cpuUsage(ownBefore), (performance.now() - started) / 1000];
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  const timed = {
    medianMs: at(0.5),
    p90Ms: at(0.9),
    minMs: at(0),
    steps: times.length,
    firstLosses: firstLosses.slice(0, 4),
  };
  if (busyBefore === undefined || busyAfter === undefined) return timed;
  return { ...timed, othersBusy: Math.max(0, (busyAfter - busyBefore - (own.user + own.system) / 1e6) / seconds) };
}

/** Processor seconds used on this machine since it started, by anyone. */
function busySeconds(): number | undefined {
  if (!existsSync("/proc/stat")) return undefined;
  const ticks = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  return (user + nice + system + irq + softirq + steal) / 100;
}
