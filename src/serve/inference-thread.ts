/**
 * The thread that computes. The runtime's `run` is synchronous and a batch of long texts takes 10 ms and more, which the
 * main thread, busy with requests, cannot wait for (figures in README.md). One piece of work after the other, so that the
 * compute time of a batch is its own; a text that is written is one piece for each token and each part
 * of its prompt, so that others come between.
 */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../kernel/clock.ts";
import { must, unreachable } from "../kernel/errors.ts";
import {
  type LanguageModel,
  type Predictor,
  type VectorFacts,
  generate,
  openLanguageModel,
  openPredictor,
} from "../models/index.ts";
import type { Ask, Done, Reply } from "./inference-messages.ts";

type AskOf<K extends Ask["kind"]> = Extract<Ask, { readonly kind: K }>;

const port = must(parentPort, "inference runs in a worker thread");
const predictors = new Map<string, Predictor>();
const writers = new Map<string, LanguageModel>();
const writing = new Set<number>(); // generations that nobody stopped
let last: Promise<unknown> = Promise.resolve();

port.on("message", (ask: Ask) => {
  if (ask.kind === "stop") writing.delete(ask.generation);
  else
    void (ask.kind === "generate"
      ? answer(ask, (timed) => write(ask, timed))
      : answer(ask, (timed) => timed(() => perform(ask))));
});

type Timed = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs the work of one ask, each timed piece in its turn, and replies. */
async function answer(ask: Ask, work: (timed: Timed) => Promise<Done>): Promise<void> {
  let computeMs = 0;
  const timed: Timed = (piece) => {
    const done = last.then(async () => {
      const startMs = systemClock.elapsed();
      try {
        return await piece();
      } finally {
        computeMs += systemClock.elapsed() - startMs;
      }
    });
    last = done.catch(() => {});
    return done;
  };
  try {
    reply({ id: ask.id, ok: true, done: await work(timed), computeMs });
  } catch (error) {
    reply({ id: ask.id, ok: false, message: error instanceof Error ? error.message : String(error) });
  }
  if (ask.kind === "close") port.close();
}

const reply = (what: Reply): void => port.postMessage(what);

async function write(ask: AskOf<"generate">, timed: Timed): Promise<Done> {
  writing.add(ask.id);
  try {
    const model = must(writers.get(ask.model), "a language model is loaded before it is asked to write");
    const tokens = generate(model, ask.options);
    for (let writtenTokens = 0; ;) {
      if (!writing.has(ask.id)) {
        const promptTokens = model.tokenizer.encode(ask.options.prompt).length;
        return { kind: "ending", ending: { text: "", reason: "cancelled", promptTokens, writtenTokens } };
      }
      const next = await timed(() => tokens.next());
      if (next.done) return { kind: "ending", ending: next.value };
      if (next.value) {
        reply({ id: ask.id, ok: true, written: next.value });
        writtenTokens++;
      }
      await new Promise<void>((resolve) => void setImmediate(resolve)); // a stop may have arrived
    }
  } finally {
    writing.delete(ask.id);
  }
}

async function perform(ask: Exclude<Ask, AskOf<"generate" | "stop">>): Promise<Done> {
  switch (ask.kind) {
    case "load":
      await unload(ask.model);
      return { kind: "loaded", vectors: await load(ask) };
    case "predict": {
      const predictor = must(predictors.get(ask.model), "a model is loaded before it is asked");
      return { kind: "answers", answers: await predictor.predict(ask.texts) };
    }
    case "unload":
      await unload(ask.model);
      return { kind: "nothing" };
    case "close":
      for (const model of [...predictors.keys(), ...writers.keys()]) await unload(model);
      return { kind: "nothing" };
    default:
      return unreachable(ask);
  }
}

async function load({ model, bundle, threads }: AskOf<"load">): Promise<VectorFacts | null> {
  if (bundle.task === "language-model") {
    writers.set(model, await openLanguageModel(bundle, { threads }));
    return null;
  }
  const predictor = await openPredictor(bundle, { threads });
  predictors.set(model, predictor);
  return predictor.vectors;
}

async function unload(model: string): Promise<void> {
  await predictors.get(model)?.close();
  await writers.get(model)?.close();
  predictors.delete(model);
  writers.delete(model);
}
