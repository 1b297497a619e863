/**
 * The thread that computes. The runtime's `run` is synchronous and a batch of long texts takes 10 ms and more, which the
 * main thread, busy with requests, cannot wait for (figures in README.md). One ask after the other, so that the compute
 * time of a batch is its own.
 */
import { parentPort } from "node:worker_threads";
import { systemClock } from "../kernel/clock.ts";
import { must, unreachable } from "../kernel/errors.ts";
import { type Predictor, openPredictor } from "../models/index.ts";
import type { Ask, Reply } from "./inference-messages.ts";

const port = must(parentPort, "inference runs in a worker thread");
const loaded = new Map<string, Predictor>();
let last = Promise.resolve();

port.on("message", (ask: Ask) => {
  last = last.then(() => reply(ask));
});

async function reply(ask: Ask): Promise<void> {
  const startMs = systemClock.elapsed();
  let answer: Reply;
  try {
    const answers = await answerTo(ask);
    answer = { id: ask.id, ok: true, answers, computeMs: systemClock.elapsed() - startMs };
  } catch (error) {
    answer = { id: ask.id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer);
  if (ask.kind === "close") port.close();
}

async function answerTo(ask: Ask): Promise<Awaited<ReturnType<Predictor["predict"]>>> {
  switch (ask.kind) {
    case "load": {
      await loaded.get(ask.model)?.close();
      loaded.set(ask.model, await openPredictor(ask.bundle, { threads: ask.threads }));
      return [];
    }
    case "predict":
      return must(loaded.get(ask.model), "a model is loaded before it is asked").predict(ask.texts);
    case "unload": {
      await loaded.get(ask.model)?.close();
      loaded.delete(ask.model);
      return [];
    }
    case "close": {
      for (const predictor of loaded.values()) await predictor.close();
      return [];
    }
    default:
      return unreachable(ask);
  }
}
