import { seededRandom } from "../../kernel/random.ts";
import { dense, dropout, embeddingBag } from "../model/layers.ts";
import { defineModel, type Model } from "../model/model.ts";
import { type Bag, type Batch, shuffledBatches } from "../training/batch.ts";
import type { CheckpointStore } from "../training/checkpoint.ts";

export const rows = 64;
export const classes = 3;

/** A small text-like classifier with every moving part: a table, dropout, a hidden layer. */
export const bagModel: Model = defineModel("bags", (scope) => {
  const bag = embeddingBag(scope, "words", { rows, width: 8 });
  const hidden = dense(scope, "hidden", dropout(scope, "drop", bag, 0.3), { units: 6, activation: "relu" });
  const logits = dense(scope, "classes", hidden, { units: classes });
  return { logits, probabilities: logits.softmax() };
});

export interface Example {
  readonly bag: Bag;
  readonly label: number;
}

/** Examples whose rows betray their label, with a share of wrong labels. */
export function examples(count: number, seed: number, wrong = 0): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const truth = random.below(classes);
    const length = 2 + random.below(6);
    const ids = Int32Array.from({ length }, () =>
      random.next() < 0.6 ? truth * 10 + random.below(10) : random.below(rows),
    );
    const weights = Float32Array.from({ length }, () => 0.5 + random.next());
    return { bag: { ids, weights }, label: random.next() < wrong ? random.below(classes) : truth };
  });
}

export function batchOf(list: readonly Example[]): Batch {
  return {
    size: list.length,
    bags: { words: list.map(({ bag }) => bag) },
    values: { labels: Int32Array.from(list, ({ label }) => label) },
  };
}

/** Shuffled anew each epoch; the last batch is smaller where the count does not divide. */
export function* shuffledEpoch(list: readonly Example[], size: number, epoch: number): Generator<Batch> {
  for (const indices of shuffledBatches(list.length, size, 7, epoch))
    yield batchOf(Array.from(indices, (i) => list[i]).filter((e) => e !== undefined));
}

/** Keeps the latest checkpoint in memory. */
export function memoryCheckpoint(): CheckpointStore & { bytes: Uint8Array | undefined; saves: number } {
  return {
    bytes: undefined,
    saves: 0,
    load() {
      return Promise.resolve(this.bytes);
    },
    save(parts) {
      this.bytes = Buffer.concat(parts);
      this.saves++;
      return Promise.resolve();
    },
  };
}
