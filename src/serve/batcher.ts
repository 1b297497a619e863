import { Refusal } from "../kernel/errors.ts";

/** What one inference call gave, and what it cost. */
export interface BatchResult<A> {
  readonly answers: readonly A[];
  /** Time the call computed, in ms, feature extraction included. */
  readonly computeMs: number;
}

/** One text's part of a batch. */
export interface Share<A> {
  readonly answer: A;
  /** The batch's compute time divided by its size, so that the parts sum to what was computed. */
  readonly computeMs: number;
  readonly batchSize: number;
}

export interface Batcher<A> {
  submit(text: string, signal?: AbortSignal): Promise<Share<A>>;
}

export interface BatcherOptions<A> {
  readonly run: (texts: readonly string[]) => Promise<BatchResult<A>>;
  readonly batchMax: number;
  readonly queueMax: number;
}

interface Waiting<A> {
  readonly text: string;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (share: Share<A>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Texts that wait together run in one call. Nothing waits for company: the first text runs at once, and what arrives
 * meanwhile forms the next batch.
 */
export function createBatcher<A>({ run, batchMax, queueMax }: BatcherOptions<A>): Batcher<A> {
  const queue: Waiting<A>[] = [];
  let running = false;
  const loop = async (): Promise<void> => {
    running = true;
    while (queue.length > 0) await runBatch(queue.splice(0, batchMax).filter(stillWanted), run);
    running = false;
  };
  return {
    submit: (text, signal) =>
      new Promise((resolve, reject) => {
        if (queue.length >= queueMax) return reject(overloaded());
        queue.push({ text, signal, resolve, reject });
        if (!running) void loop();
      }),
  };
}

function stillWanted<A>(waiting: Waiting<A>): boolean {
  if (waiting.signal?.aborted !== true) return true;
  waiting.reject(new Refusal("cancelled", "The caller left before the model was asked."));
  return false;
}

async function runBatch<A>(batch: readonly Waiting<A>[], run: BatcherOptions<A>["run"]): Promise<void> {
  if (batch.length === 0) return;
  try {
    const { answers, computeMs } = await run(batch.map(({ text }) => text));
    const batchSize = batch.length;
    batch.forEach((waiting, i) => {
      const answer = answers[i];
      if (answer === undefined) waiting.reject(new Error("the model gave fewer answers than texts"));
      else waiting.resolve({ answer, computeMs: computeMs / batchSize, batchSize });
    });
  } catch (error) {
    for (const waiting of batch) waiting.reject(error);
  }
}

const overloaded = (): Refusal =>
  new Refusal("unavailable", "Too many requests wait for this model.", {
    hint: "Come back after the time in Retry-After.",
    retryAfterSeconds: 1,
  });
