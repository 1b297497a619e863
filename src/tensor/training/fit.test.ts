import { describe, expect, test } from "vitest";
import { manualClock, systemClock } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { exportOnnx } from "../model/export.ts";
import { dense, embeddingBag } from "../model/layers.ts";
import { defineModel } from "../model/model.ts";
import { openSession, systemRuntime } from "../runtime/runtime.ts";
import { bagModel, batchOf, classes, examples, memoryCheckpoint, rows, shuffledEpoch } from "../testing/models.ts";
import { type Batch, padBags } from "./batch.ts";
import { fit, type FitOptions, type FitProgress, type FitResult } from "./fit.ts";
import { classification } from "./objective.ts";
import { adam, adamW } from "./optimizers.ts";
import { constantRate, reduceOnPlateau, warmUp, warmUpCosine } from "./schedules.ts";
import { openStepper } from "./stepper.ts";

const training = examples(50, 1, 0.1);
const held = examples(30, 2, 0.1);

/** 4 steps an epoch, of 16, 16, 16 and 2 examples. */
const options: FitOptions = {
  model: bagModel,
  objective: classification({ classes, labelSmoothing: 0.05 }),
  optimizer: adamW({ weightDecay: 0.01 }),
  schedule: warmUpCosine({ rate: 0.03, warmUpSteps: 3, steps: 12 }),
  train: (epoch) => shuffledEpoch(training, 16, epoch),
  validation: () => [batchOf(held.slice(0, 20)), batchOf(held.slice(20))],
  epochs: 3,
  seed: 11,
  clipNorm: 1,
  clock: systemClock,
};

/** Without dropout, so that batches may be cut differently. */
const plainModel = defineModel("plain", (scope) => ({
  logits: dense(scope, "out", embeddingBag(scope, "words", { rows, width: 8 }), { units: classes }),
}));

const plain = ({ weights, ...rest }: FitResult) => ({ ...rest, weights: Object.fromEntries(weights) });
const refusal = async (run: Promise<unknown>): Promise<Refusal> => {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
};

describe("fit", () => {
  test("learns what the bags say about the label", async () => {
    const clean = examples(200, 3);
    const { curves, stopped, steps } = await fit({
      ...options,
      train: (epoch) => shuffledEpoch(clean, 16, epoch),
      schedule: constantRate(0.03),
      epochs: 12,
    });
    expect(stopped).toBe("finished");
    expect(steps).toBe(12 * 13);
    expect(curves.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(curves.at(-1)?.train["accuracy"]).toBeGreaterThan(0.9);
    expect(curves.at(-1)?.train.loss).toBeLessThan((curves[0]?.train.loss ?? 0) / 2);
  });

  test("the same seed gives the same curves and weights, another seed others", async () => {
    const [first, second, other] = [await fit(options), await fit(options), await fit({ ...options, seed: 12 })];
    expect(plain(second)).toEqual(plain(first));
    expect(other.curves).not.toEqual(first.curves);
  });

  test("a run stopped after any step resumes to the identical curves and weights", async () => {
    const whole = plain(await fit(options));
    for (let stopAt = 1; stopAt <= 12; stopAt++) {
      const store = memoryCheckpoint();
      const stop = new AbortController();
      const onProgress = ({ step }: FitProgress): void => void (step === stopAt && stop.abort());
      const resumable = { ...options, checkpoint: { store, everySteps: 1 } };
      const ended = await fit({ ...resumable, onProgress, signal: stop.signal }).catch((error: unknown) => error);
      expect(ended).toMatchObject({ code: "cancelled" });
      expect(plain(await fit(resumable)), `stopped after step ${stopAt}`).toEqual(whole);
    }
  });

  test("resuming from an older checkpoint repeats the steps since to the same end", async () => {
    const store = memoryCheckpoint();
    const checkpoint = { store, everySteps: 5 };
    const whole = plain(await fit({ ...options, checkpoint }));
    expect(store.saves).toBe(2); // after steps 5 and 10
    expect(plain(await fit({ ...options, checkpoint }))).toEqual(whole);
  });

  test("by default a checkpoint is due every ten seconds", async () => {
    const store = memoryCheckpoint();
    const clock = manualClock(0);
    await fit({ ...options, clock, checkpoint: { store }, onProgress: () => clock.advance(4_000) });
    expect(store.saves).toBe(4); // 12 steps of 4 s
  });

  test("a partial last batch weighs as its examples do, and so do examples of weight zero", async () => {
    const still = { ...options, schedule: constantRate(0), objective: classification({ classes }), epochs: 1 };
    const evaluated = { ...still, train: () => [batchOf(training)] };
    const lossOf = async (validation: readonly Batch[]): Promise<number> => {
      const { curves } = await fit({ ...evaluated, validation: () => validation });
      return curves[0]?.validation?.loss ?? Number.NaN;
    };
    const whole = await lossOf([batchOf(training)]);
    const parts = await lossOf([batchOf(training.slice(0, 48)), batchOf(training.slice(48))]);
    const { size, bags, values } = batchOf([...training, ...held.slice(0, 5)]);
    const sampleWeights = Float32Array.from({ length: size }, (_, i) => (i < training.length ? 1 : 0));
    const padded = await lossOf([{ size, bags: bags ?? {}, values: { ...values, sampleWeights } }]);
    expect(parts).toBeCloseTo(whole, 5);
    expect(padded).toBeCloseTo(whole, 5);
  });

  test("early stopping ends the run and restores the weights of the best epoch", async () => {
    const few = examples(12, 4, 0.5); // so few and so wrong that validation soon gets worse
    const run = { ...options, train: () => [batchOf(few)], schedule: constantRate(0.05), epochs: 60 };
    const result = await fit({ ...run, earlyStopping: { patience: 3 } });
    const losses = result.curves.map(({ validation }) => validation?.loss ?? Number.NaN);
    expect(result.stopped).toBe("early");
    expect(losses.length).toBe(result.bestEpoch + 3);
    expect(Math.min(...losses)).toBe(losses[result.bestEpoch - 1]);
    const again = await fit({ ...run, from: result.weights, schedule: constantRate(0), epochs: 1 });
    expect(again.curves[0]?.validation?.loss).toBeCloseTo(Math.min(...losses), 6);
  });

  test("the exported file computes what evaluation computes", async () => {
    const { weights, curves, bestEpoch } = await fit({ ...options, objective: classification({ classes }) });
    const session = await openSession(exportOnnx(bagModel, weights, { outputs: ["probabilities"] }));
    expect(session.inputs).toEqual([
      { name: "weights", type: "float32", shape: ["batch", "length"] },
      { name: "ids", type: "int64", shape: ["batch", "length"] },
    ]);
    const { probabilities } = await session.run(padBags(held.map(({ bag }) => bag)));
    expect(probabilities?.dims).toEqual([30, classes]);
    const likelihoods = held.map(({ label }, i) => Math.log(Number(probabilities?.data[i * classes + label])));
    const loss = -likelihoods.reduce((sum, x) => sum + x, 0) / held.length;
    expect(loss).toBeCloseTo(curves[bestEpoch - 1]?.validation?.loss ?? Number.NaN, 5);
    await session.release();
  });

  test("progress counts steps over all epochs and estimates the time left", async () => {
    const seen: FitProgress[] = [];
    const clock = manualClock(0);
    await fit({
      ...options,
      clock,
      stepsPerEpoch: 4,
      onProgress: (progress) => (clock.advance(100), void seen.push(progress)),
    });
    expect(seen).toHaveLength(12);
    expect(seen[7]).toMatchObject({ epoch: 2, epochs: 3, step: 8, steps: 12, etaMs: (700 / 8) * 4 });
    expect(seen.at(-1)).toMatchObject({ epoch: 3, step: 12, etaMs: 0 });
  });

  test("without being told, progress learns the number of steps from the first epoch", async () => {
    const seen: (number | undefined)[] = [];
    await fit({ ...options, onProgress: ({ steps }) => void seen.push(steps) });
    expect(seen).toEqual([...Array(4).fill(undefined), ...Array(8).fill(12)]);
  });

  test("several batches accumulated are one large batch", async () => {
    const whole = { ...options, model: plainModel, clipNorm: 0.5, train: () => [batchOf(training)] };
    const cuts = [0, 7, 20, 21, 50]; // of unequal sizes
    const parts = cuts.slice(1).map((to, i) => batchOf(training.slice(cuts[i], to)));
    const [large, small] = [await fit(whole), await fit({ ...whole, train: () => parts, accumulate: 4 })];
    expect(small.steps).toBe(large.steps);
    for (const [i, { train }] of small.curves.entries()) {
      expect(train.loss).toBeCloseTo(large.curves[i]!.train.loss, 5);
      expect(train["accuracy"]).toBeCloseTo(large.curves[i]!.train["accuracy"]!, 5);
    }
    for (const [name, { data }] of large.weights) {
      const other = small.weights.get(name)!.data;
      for (const [i, x] of data.entries()) expect(other[i], `${name}[${i}]`).toBeCloseTo(x, 4);
    }
  });

  test("with accumulation and a schedule that follows validation, a stopped run resumes to the identical end", async () => {
    const schedule = warmUp(1, reduceOnPlateau({ rate: 0.5, factor: 0.5, patience: 0, minDelta: 0.05 }));
    const run = { ...options, schedule, accumulate: 3, epochs: 5 };
    const whole = await fit(run);
    expect(whole.steps).toBe(10); // 4 batches an epoch are 2 steps, of 3 and of 1
    expect(new Set(whole.curves.map(({ learningRate }) => learningRate)).size).toBeGreaterThan(1);
    for (const stopAt of [1, 2, 5, 8]) {
      const store = memoryCheckpoint();
      const stop = new AbortController();
      const onProgress = ({ step }: FitProgress): void => void (step === stopAt && stop.abort());
      const resumable = { ...run, checkpoint: { store, everySteps: 1 } };
      await expect(fit({ ...resumable, onProgress, signal: stop.signal })).rejects.toThrow("cancelled");
      expect(plain(await fit(resumable)), `stopped after step ${stopAt}`).toEqual(plain(whole));
    }
  });

  test("batches may come from an async iterable", async () => {
    const train = async function* (epoch: number): AsyncGenerator<Batch> {
      for (const batch of shuffledEpoch(training, 16, epoch)) yield await Promise.resolve(batch);
    };
    expect(plain(await fit({ ...options, train }))).toEqual(plain(await fit(options)));
  });
});

describe("fit refuses", () => {
  test("a loss that explodes, naming the step", async () => {
    const error = await refusal(fit({ ...options, optimizer: adam(), clipNorm: 1e9, schedule: constantRate(1e12) }));
    expect(error.code).toBe("invalid_data");
    expect(error.message).toMatch(/^Training diverged: the loss became \S+ at step 2 \(epoch 1\)\. /);
    expect(error.message).toMatch(/The largest weights are those of "\w+(\.\w+)?", up to \S+e\+1\d\.$/);
  });

  const oddities: readonly (readonly [string, (x: Tensor) => Tensor, number, RegExp])[] = [
    [
      "the operation and its layer",
      (x) => x.sub(100).log(),
      1,
      /the loss became NaN at step 1 \(epoch 1\)\. .*"log" in the layer "first"/,
    ],
    [
      "where only a gradient is infinite",
      (x) => x.mul(0).sqrt(),
      1,
      /a gradient is not finite at step 1 .*"div" in the layer "\w+", on the way back/,
    ],
    ["an input", (x) => x, Number.NaN, /The batch's input "x" holds a number that is not finite/],
  ];
  test.each(oddities)("numbers that are not finite, naming %s", async (_, odd, x, message) => {
    const model = defineModel("odd", (scope) => {
      const first = dense(scope, "first", scope.input("x", ["batch", 2]), { units: 3 });
      return { logits: dense(scope, "second", odd(first), { units: 2 }) };
    });
    const batch = { size: 1, values: { x: Float32Array.of(x, 1), labels: Int32Array.of(1) } };
    const objective = classification({ classes: 2 });
    const { validation: _validation, ...rest } = options;
    const error = await refusal(fit({ ...rest, model, objective, train: () => [batch] }));
    expect(error.message).toMatch(message);
    const valid = { ...batch, values: { ...batch.values, x: Float32Array.of(1, 1) } };
    if (!Number.isNaN(x)) return;
    const late = fit({ ...rest, model, objective, train: () => [valid], validation: () => [batch] });
    expect((await refusal(late)).message).toMatch(/the validation loss became NaN at step 1 .* input "x"/);
  });

  test("a part that is not finite leaves nothing to the next step", async () => {
    const model = defineModel("line", (scope) => ({
      logits: dense(scope, "out", scope.input("x", ["batch", 2]), { units: 2 }),
    }));
    const part = (x: number): Batch => ({ size: 1, values: { x: Float32Array.of(x, 1), labels: Int32Array.of(1) } });
    const runtime = systemRuntime();
    const open = async () =>
      await openStepper({ model, objective: classification({ classes: 2 }), optimizer: adam(), runtime, seed: 1 });
    const [disturbed, plainly] = [await open(), await open()];
    expect((await disturbed.train([part(5), part(Number.NaN)], 1, 0.1)).broken).toMatch(/input "x"/);
    for (const stepper of [disturbed, plainly]) await stepper.train([part(1), part(2)], 1, 0.1);
    expect(disturbed.memory.dense.values).toEqual(plainly.memory.dense.values);
    await runtime.close();
  });

  test("an aborted run", async () => {
    const error = await refusal(fit({ ...options, signal: AbortSignal.abort() }));
    expect([error.code, error.message]).toEqual(["cancelled", "Training was cancelled after step 0."]);
  });

  test("a checkpoint of another run, and a damaged one", async () => {
    const store = memoryCheckpoint();
    const checkpoint = { store, everySteps: 1 };
    await fit({ ...options, checkpoint });
    expect((await refusal(fit({ ...options, checkpoint, seed: 99 }))).code).toBe("conflict");
    const best = { metric: "accuracy", goal: "highest" } as const; // scores of another measure do not compare
    expect((await refusal(fit({ ...options, checkpoint, best }))).code).toBe("conflict");
    store.bytes = store.bytes?.subarray(0, -4);
    expect((await refusal(fit({ ...options, checkpoint }))).message).toMatch(/damaged/);
    store.bytes = Buffer.from("something else");
    expect((await refusal(fit({ ...options, checkpoint }))).code).toBe("invalid_data");
  });

  const one = batchOf(training.slice(0, 2));
  const wrong: readonly (readonly [string, Batch, RegExp])[] = [
    ["an empty batch", { size: 0 }, /batch is empty/],
    [
      "fewer bags than examples",
      { ...one, bags: { words: training.slice(0, 1).map(({ bag }) => bag) } },
      /2 has 1 bags for "words"/,
    ],
    [
      "a row outside the table",
      {
        ...one,
        bags: {
          words: [
            { ids: Int32Array.of(64), weights: Float32Array.of(1) },
            training[0]?.bag ?? { ids: new Int32Array(), weights: new Float32Array() },
          ],
        },
      },
      /Row 64 is outside the table "words" of 64 rows/,
    ],
    [
      "ids without weights",
      { ...one, bags: { words: one.bags?.["words"]?.map(({ ids }) => ({ ids, weights: new Float32Array() })) ?? [] } },
      /ids without weights/,
    ],
    [
      "a label outside the classes",
      { ...one, values: { labels: Int32Array.of(0, 3) } },
      /label 3 is outside the 3 classes/,
    ],
    ["no labels", { ...one, values: {} }, /no values for the input "labels"/],
    ["labels of the wrong type", { ...one, values: { labels: Float32Array.of(0, 1) } }, /not int32/],
    ["too few labels", { ...one, values: { labels: Int32Array.of(0) } }, /has 1 numbers, not 2 for \[batch\]/],
    [
      "weights that are all zero",
      { ...one, values: { ...one.values, sampleWeights: new Float32Array(2) } },
      /above zero/,
    ],
  ];
  test.each(wrong)("%s", async (_, batch, message) => {
    const error = await refusal(fit({ ...options, train: () => [batch] }));
    expect(error.code).toBe("invalid_data");
    expect(error.message).toMatch(message);
  });

  test("an epoch without batches, and a validation set without examples", async () => {
    expect((await refusal(fit({ ...options, train: () => [] }))).message).toBe("Epoch 1 has no batches.");
    expect((await refusal(fit({ ...options, validation: () => [] }))).message).toMatch(/validation set is empty/);
  });

  test("keeps the best epoch by the metric it is told, of equal ones the later", async () => {
    const best = { metric: "accuracy", goal: "highest" } as const;
    const { curves, bestEpoch } = await fit({ ...options, epochs: 6, best });
    const accuracies = curves.map(({ validation }) => validation?.["accuracy"] ?? 0);
    expect(bestEpoch).toBe(accuracies.lastIndexOf(Math.max(...accuracies)) + 1);
  });
});
