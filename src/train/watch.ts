import { Refusal } from "../kernel/errors.ts";

export interface WatchOptions<T> {
  readonly signal?: AbortSignal;
  /** Default 500. */
  readonly everyMs?: number;
  /** Called with what is followed as it is, and whenever it has changed. */
  readonly onChange: (now: T) => void;
}

/** Looks again and again until it has ended. Refuses with `cancelled`, in these words, when the watching is aborted. */
export async function watch<T>(
  look: () => Promise<T>,
  hasEnded: (now: T) => boolean,
  cancelled: string,
  { signal, everyMs = 500, onChange }: WatchOptions<T>,
): Promise<T> {
  let before = "";
  for (;;) {
    if (signal?.aborted) throw new Refusal("cancelled", cancelled);
    const found = await look();
    const now = JSON.stringify(found);
    if (now !== before) onChange(found);
    before = now;
    if (hasEnded(found)) return found;
    await pause(everyMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
