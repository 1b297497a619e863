import { Refusal, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import type { Answer, GenerateOptions, InputKind, InvalidInput, VectorFacts } from "../models/index.ts";
import type { Store } from "../store/index.ts";
import { type Batcher, createBatcher } from "./batcher.ts";
import type { Generation, LoadedModel, Predictors, WriteOptions } from "./inference-worker.ts";
import { outputOf } from "./output.ts";
import { embedTexts } from "./embed.ts";
import type { Embedding, EmbedOptions, Inference, InferOptions, ServingStats } from "./serving.ts";

export interface LoadedModels {
  load(model: Id<"model">): Promise<void>;
  infer(model: Id<"model">, input: string, how?: InferOptions): Promise<Inference>;
  vectors(model: Id<"model">): Promise<VectorFacts>;
  embed(model: Id<"model">, texts: readonly string[], how?: EmbedOptions): Promise<Embedding>;
  write(model: Id<"model">, options: GenerateOptions, how: WriteOptions): Promise<Generation>;
  stats(): ServingStats;
  close(): Promise<void>;
}

interface Loaded {
  readonly model: LoadedModel;
  readonly batcher: Batcher<Answer | InvalidInput>;
}

interface Entry {
  readonly loading: Promise<Loaded>;
  /** Calls that have not ended: a model is closed only when there is none. */
  users: number;
  onUnused: () => void;
}

/**
 * Models in memory, at most `limits.loadedModelsMax`: the one asked longest ago leaves first, after what it has in
 * flight.
 */
export function loadedModels(store: Store, predictors: Predictors): LoadedModels {
  const entries = new Map<Id<"model">, Entry>(); // in the order of their last use
  const leaving = new Set<Promise<void>>();
  const counts = { waiting: 0, batches: 0, inferences: 0 };
  const open = async (id: Id<"model">): Promise<Loaded> => {
    const model = await predictors.load(store, id);
    const run: LoadedModel["predict"] = (texts) => {
      counts.batches++;
      counts.inferences += texts.length;
      return model.predict(texts);
    };
    return {
      model,
      batcher: createBatcher({ run, batchMax: limits.inferenceBatchMax, queueMax: limits.inferenceQueueMax }),
    };
  };
  const leave = (entry: Entry): void => {
    const left = closeUnused(entry);
    leaving.add(left);
    void left.then(() => leaving.delete(left));
  };
  const use = (id: Id<"model">): Entry => {
    const known = entries.get(id);
    const entry = known ?? { loading: open(id), users: 0, onUnused: () => {} };
    entries.delete(id);
    entries.set(id, entry);
    if (known) return entry;
    entry.loading.catch(() => entries.delete(id));
    if (entries.size > limits.loadedModelsMax) {
      const [oldest, evicted] = must(entries.entries().next().value, "the map is not empty");
      entries.delete(oldest);
      leave(evicted);
    }
    return entry;
  };
  let writing = 0;
  /** Keeps the model in memory while it works. */
  const using = async <T>(id: Id<"model">, work: (loaded: Loaded) => Promise<T>): Promise<T> => {
    const entry = use(id);
    entry.users++;
    counts.waiting++;
    try {
      return await work(await entry.loading);
    } finally {
      counts.waiting--;
      entry.users--;
      if (entry.users === 0) entry.onUnused();
    }
  };
  return {
    load: async (id) => void (await use(id).loading),
    infer: (id, input, { signal, kind } = {}) =>
      using(id, async ({ model, batcher }) => {
        if (model.vectors) throw otherDoor("This endpoint gives vectors: ask it at /v1/embeddings.");
        if (kind !== undefined && kind !== model.takes) throw otherKind(model.takes, kind);
        const { answer, computeMs, batchSize } = await batcher.submit(input, signal);
        if ("invalid" in answer) throw new Refusal("invalid_request", answer.invalid, { param: "input" });
        if ("vector" in answer) throw new Error("Invariant broken: such a model is not asked for one answer");
        return { output: outputOf(model.labels, answer), computeMs, batchSize };
      }),
    vectors: (id) => using(id, async ({ model }) => vectorsOf(model)),
    embed: (id, texts, how) =>
      using(id, ({ model, batcher }) => {
        vectorsOf(model);
        return embedTexts(batcher, texts, how);
      }),
    write: (id, options, how) =>
      using(id, async ({ model }) => {
        if (!model.write) throw otherDoor(`This endpoint does not write text: ask it at ${doorOf(model)}.`);
        if (writing >= limits.generationsMax) throw busyWriting();
        writing++;
        try {
          return await model.write(options, how);
        } finally {
          writing--;
        }
      }),
    stats: () => ({ loadedModels: entries.size, ...counts }),
    async close() {
      for (const entry of entries.values()) leave(entry);
      entries.clear();
      await Promise.all(leaving);
    },
  };
}

function vectorsOf(model: LoadedModel): VectorFacts {
  if (model.vectors) return model.vectors;
  throw otherDoor(`This endpoint gives no vectors: ask it at ${doorOf(model)}.`);
}

function doorOf({ vectors, write }: LoadedModel): string {
  if (vectors) return "/v1/embeddings";
  return write ? "/v1/completions" : "/v1/predictions";
}

const otherDoor = (message: string): Refusal => new Refusal("invalid_request", message, { param: "model" });

const nouns: { readonly [K in InputKind]: string } = {
  text: "a text",
  row: "a row of a table (an object with its columns)",
  image: 'an image ({ "image": "data:image/png;base64,…" })',
};

const otherKind = (takes: InputKind, given: InputKind): Refusal =>
  new Refusal("invalid_request", `This endpoint takes ${nouns[takes]}, not ${nouns[given]}.`, { param: "input" });

const busyWriting = (): Refusal =>
  new Refusal("unavailable", "As many texts are being written as may be at once.", {
    hint: "Come back after the time in Retry-After.",
    retryAfterSeconds: 2,
  });

async function closeUnused(entry: Entry): Promise<void> {
  if (entry.users > 0) await new Promise<void>((resolve) => (entry.onUnused = resolve));
  try {
    const { model } = await entry.loading;
    await model.close();
  } catch {
    // it could not be loaded, or its thread is gone: there is nothing to free
  }
}
