// A child that trains with checkpoints, for run-in-child.test.ts; with `dieAt` it kills itself once after that step.
import { existsSync, writeFileSync } from "node:fs";
import { systemClock } from "../../../../dist/kernel/clock.js";
import * as tensor from "../../../../dist/tensor/index.js";

const model = tensor.defineModel("child", (scope) => {
  const bag = tensor.embeddingBag(scope, "words", { rows: 32, width: 4 });
  return { logits: tensor.dense(scope, "out", tensor.dropout(scope, "drop", bag, 0.2), { units: 2 }) };
});
const examples = Array.from({ length: 40 }, (_, i) => ({
  bag: { ids: Int32Array.of(i % 32, (i * 7) % 32), weights: Float32Array.of(1, 0.5) },
  label: i % 2,
}));

function* batches(epoch) {
  for (const indices of tensor.shuffledBatches(examples.length, 8, 3, epoch)) {
    const chosen = Array.from(indices, (i) => examples[i]);
    const labels = Int32Array.from(chosen, ({ label }) => label);
    yield { size: chosen.length, bags: { words: chosen.map(({ bag }) => bag) }, values: { labels } };
  }
}

tensor.inChild(async ({ input, progress }) => {
  const { curves, weights, steps } = await tensor.fit({
    model,
    objective: tensor.classification({ classes: 2 }),
    optimizer: tensor.adam(),
    schedule: tensor.constantRate(0.02),
    train: batches,
    epochs: 4,
    seed: 5,
    clock: systemClock,
    checkpoint: { store: tensor.fileCheckpoint(input.checkpoint), everySteps: 3 },
    onProgress: ({ step }) => {
      progress({ step });
      if (step !== input.dieAt || existsSync(input.mark)) return;
      writeFileSync(input.mark, "");
      process.kill(process.pid, "SIGKILL");
    },
  });
  return { curves, weights, steps };
});
