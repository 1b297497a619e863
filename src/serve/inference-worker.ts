import { Worker } from "node:worker_threads";
import { compiledUrl } from "../kernel/compiled.ts";
import { Refusal, invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type {
  Answer,
  Computation,
  Ending,
  GenerateOptions,
  InputKind,
  InvalidInput,
  VectorFacts,
  Written,
} from "../models/index.ts";
import type { Queries, Store } from "../store/index.ts";
import type { BatchResult } from "./batcher.ts";
import type { Ask, Done, Reply } from "./inference-messages.ts";

/** A model that is ready to answer. */
export interface LoadedModel {
  readonly labels: readonly string[];
  /** What it is asked about. */
  readonly takes: InputKind;
  predict(texts: readonly string[]): Promise<BatchResult<Answer | InvalidInput>>;
  /** Of a model that gives vectors; null of another. */
  readonly vectors: VectorFacts | null;
  /** Of a language model; null of another. */
  readonly write: Write | null;
  /** No more calls follow; those in flight end first. */
  close(): Promise<void>;
}

/** Writes a text, telling each token as it comes. After an abort no more tokens are told. */
export type Write = (options: GenerateOptions, how: WriteOptions) => Promise<Generation>;

export interface WriteOptions {
  readonly onWritten: (written: Written) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Generation {
  readonly ending: Ending;
  /** Of all its tokens; waiting for others is not counted. */
  readonly computeMs: number;
}

/** Where models are loaded and run. */
export interface Predictors {
  load(db: Queries, model: Id<"model">): Promise<LoadedModel>;
  close(): Promise<void>;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Last = Extract<Reply, { done: Done }>;

interface Thread {
  /** What is said last about it; what is said before goes to `during`. */
  ask(ask: DistributiveOmit<Ask, "id">, during?: During): Promise<Last>;
  /** Models loaded in this thread, by id. */
  readonly models: Map<string, Promise<LoadedFacts>>;
  readonly ended: Promise<void>;
}

type LoadedFacts = Extract<Done, { kind: "loaded" }>;

interface During {
  readonly onWritten: (written: Written) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A thread that has a model. */
interface Ready {
  readonly to: Thread;
  readonly loaded: LoadedFacts;
}

async function loadIn(to: Thread, what: Omit<Extract<Ask, { kind: "load" }>, "id" | "kind">): Promise<LoadedFacts> {
  const { done } = await to.ask({ kind: "load", ...what });
  invariant(done.kind === "loaded", "a load is answered");
  return done;
}

/**
 * Models run in a thread of their own. When the thread dies, what was in flight is refused as `unavailable` and the next
 * call starts another one, with the models it needs.
 */
export function inferenceWorker(store: Store, { threads = 1 }: { readonly threads?: number } = {}): Predictors {
  let current: Thread | undefined;
  let closed = false;
  const thread = (): Thread => {
    invariant(!closed, "nothing is asked of a closed inference worker");
    return (current ??= startThread(() => (current = undefined)));
  };
  const ready = async (model: string, bundle: Computation): Promise<Ready> => {
    const to = thread();
    const loading = to.models.get(model) ?? loadIn(to, { model, bundle, threads });
    to.models.set(model, loading);
    const loaded = await loading.catch((error: unknown) => {
      to.models.delete(model);
      throw error;
    });
    return { to, loaded };
  };
  const write = async (
    model: string,
    bundle: Computation,
    options: GenerateOptions,
    how: WriteOptions,
  ): Promise<Generation> => {
    const { done, computeMs } = await (await ready(model, bundle)).to.ask({ kind: "generate", model, options }, how);
    invariant(done.kind === "ending", "a generation ends");
    return { ending: done.ending, computeMs };
  };
  return {
    async load(_db, model) {
      const { inputKindOf, loadBundle } = await import("../models/index.ts"); // heavy, and units load this folder in the writer thread
      const { card: _, ...computation } = await loadBundle(store, model);
      const bundle = bounded(computation);
      const { loaded } = await ready(model, bundle);
      return {
        labels: bundle.labels,
        takes: inputKindOf(bundle.task),
        vectors: loaded.vectors,
        async predict(texts) {
          if (bundle.task === "language-model") {
            return { answers: texts.map(() => ({ invalid: writesText })), computeMs: 0 };
          }
          const { done, computeMs } = await (await ready(model, bundle)).to.ask({ kind: "predict", model, texts });
          invariant(done.kind === "answers", "a prediction is answered");
          return { answers: done.answers, computeMs };
        },
        write: bundle.task === "language-model" ? (options, how) => write(model, bundle, options, how) : null,
        async close() {
          const to = current;
          if (to?.models.delete(model)) await to.ask({ kind: "unload", model });
        },
      };
    },
    async close() {
      closed = true;
      const to = current;
      if (!to) return;
      await to.ask({ kind: "close" });
      await to.ended;
    },
  };
}

/** An image that comes as a text is not larger than one that comes as an image: decoding it keeps the others waiting. */
function bounded(computation: Computation): Computation {
  const { preprocessing } = computation;
  if (preprocessing.kind !== "image") return computation;
  const pixelsMax = Math.min(preprocessing.pixelsMax, limits.predictionPixelsMax);
  return { ...computation, preprocessing: { ...preprocessing, pixelsMax } };
}

const writesText = "This endpoint writes text: ask it at /v1/completions.";

interface Asked {
  readonly resolve: (last: Last) => void;
  readonly reject: (error: Error) => void;
  readonly during: During | undefined;
}

function startThread(onEnd: () => void): Thread {
  const worker = new Worker(new URL("./inference-thread.js", compiledUrl(import.meta.url)));
  const open = new Map<number, Asked>();
  let nextId = 1;
  let closing = false; // then the thread keeps the process alive until it has ended
  worker.unref(); // idle, it keeps no process alive; an open ask does
  worker.on("message", (reply: Reply) => {
    const asked = open.get(reply.id);
    invariant(asked, "every reply was asked for");
    if (reply.ok && "written" in reply) {
      if (asked.during?.signal?.aborted !== true) asked.during?.onWritten(reply.written);
      return;
    }
    open.delete(reply.id);
    if (open.size === 0 && !closing) worker.unref();
    if (reply.ok) asked.resolve(reply);
    else asked.reject(new Error(`The model failed: ${reply.message}`));
  });
  const fail = (): void => {
    onEnd();
    const stopped = new Refusal("unavailable", "The inference thread stopped.", { retryAfterSeconds: 1 });
    for (const { reject } of open.values()) reject(stopped);
    open.clear();
  };
  worker.on("error", fail);
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      fail();
      resolve();
    });
  });
  const stop = (generation: number): void => {
    if (open.has(generation)) worker.postMessage({ id: nextId++, kind: "stop", generation } satisfies Ask);
  };
  const ask: Thread["ask"] = (request, during) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      const onAbort = (): void => stop(id);
      const ended = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          during?.signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      open.set(id, { resolve: ended(resolve), reject: ended(reject), during });
      during?.signal?.addEventListener("abort", onAbort);
      if (request.kind === "close") closing = true;
      worker.ref();
      worker.postMessage({ ...request, id });
      if (during?.signal?.aborted) stop(id); // while the model was loaded: it does not tell again
    });
  return { ask, models: new Map(), ended };
}
