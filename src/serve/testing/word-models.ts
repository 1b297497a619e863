import { must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import type { Answer } from "../../models/index.ts";
import type { Predictors } from "../inference-worker.ts";

/** A model for tests of everything around models: it says `spam` when the text holds its word. */
export interface WordModel {
  readonly word: string;
  /** How long one call takes, whatever its size. */
  readonly delayMs?: number;
  /** No call ends before this. */
  readonly until?: Promise<unknown>;
  readonly failsToLoad?: boolean;
  readonly failsOn?: string;
}

export interface WordModels extends Predictors {
  /** Sizes of the batches in the order they ran. */
  readonly batches: number[];
  readonly open: Set<string>;
}

export const wordLabels = ["ham", "spam"] as const;

/** Predictors over a table of such models, which may be changed while it runs. */
export function wordModels(models: Map<Id<"model">, WordModel>): WordModels {
  const batches: number[] = [];
  const open = new Set<string>();
  return {
    batches,
    open,
    async load(_db, id) {
      if (must(models.get(id), "a model is in the table before it is loaded").failsToLoad)
        throw new Error("this model is damaged");
      open.add(id);
      return {
        labels: wordLabels,
        takes: "text",
        async predict(texts) {
          batches.push(texts.length);
          const { word, delayMs, until, failsOn } = must(models.get(id), "a loaded model stays in the table");
          if (delayMs !== undefined) await new Promise((resolve) => void setTimeout(resolve, delayMs));
          await until;
          if (!open.has(id)) throw new Error("asked after it was closed");
          if (texts.some((text) => text === failsOn)) throw new Error("this model cannot read that");
          return { answers: texts.map((text) => answer(text.includes(word))), computeMs: texts.length };
        },
        vectors: null,
        write: null,
        async close() {
          open.delete(id);
        },
      };
    },
    async close() {},
  };
}

const answer = (isSpam: boolean): Answer =>
  isSpam
    ? { label: "spam", probability: 0.75, probabilities: [0.25, 0.75] }
    : { label: "ham", probability: 0.875, probabilities: [0.875, 0.125] };
