import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { dense, embeddingBag } from "../model/layers.ts";
import { buildModel, defineModel } from "../model/model.ts";
import { allocate, initialize, type TrainingMemory } from "./memory.ts";
import { adam, adamW, type Optimizer, sgd } from "./optimizers.ts";
import { constantRate, warmUpCosine } from "./schedules.ts";
import { Updater } from "./updater.ts";

/** A table [16, 8], a kernel [8, 3] that decays and a bias [3] that does not. */
const model = buildModel(
  defineModel("m", (scope) => ({
    y: dense(scope, "d", embeddingBag(scope, "t", { rows: 16, width: 8 }), { units: 3 }),
  })),
  "train",
);

interface Element {
  p: number;
  readonly slots: Record<string, number>;
}
type Reference = (element: Element, g: number, step: number, rate: number, decays: boolean) => void;

/** The published formulas in double precision, one element at a time. */
const adamReference =
  (beta1: number, beta2: number, epsilon: number, decay: number): Reference =>
  (element, g, step, rate, decays) => {
    const { slots } = element;
    slots["m"] = beta1 * (slots["m"] ?? 0) + (1 - beta1) * g;
    slots["v"] = beta2 * (slots["v"] ?? 0) + (1 - beta2) * g * g;
    const [mean, variance] = [slots["m"] / (1 - beta1 ** step), slots["v"] / (1 - beta2 ** step)];
    element.p -= rate * (mean / (Math.sqrt(variance) + epsilon) + (decays ? decay * element.p : 0));
  };
const momentumReference =
  (momentum: number): Reference =>
  (element, g, _, rate) => {
    element.slots["m"] = momentum * (element.slots["m"] ?? 0) + g;
    element.p -= rate * element.slots["m"];
  };

const rows: readonly (readonly [string, Optimizer, Reference])[] = [
  ["sgd", sgd(), (element, g, _, rate) => void (element.p -= rate * g)],
  ["sgd with momentum", sgd({ momentum: 0.9 }), momentumReference(0.9)],
  ["adam", adam({ epsilon: 1e-7 }), adamReference(0.9, 0.999, 1e-7, 0)],
  ["adam with other moments", adam({ beta1: 0.8, beta2: 0.95 }), adamReference(0.8, 0.95, 1e-8, 0)],
  ["adamW", adamW({ weightDecay: 0.1 }), adamReference(0.9, 0.999, 1e-8, 0.1)],
];

const touchedIn = (step: number): number[] => (step % 2 === 0 ? [3, 0, 15] : [7, 3]);

function drawGradients(memory: TrainingMemory, step: number): void {
  const random = seededRandom(step);
  const fill = (data: Float32Array): void => {
    for (let i = 0; i < data.length; i++) data[i] = random.normal();
  };
  for (const { gradient } of memory.dense.parameters) fill(gradient);
  for (const { touchedGradients, touchedIds } of memory.tables) {
    touchedIds.set(touchedIn(step));
    fill(touchedGradients);
  }
}

describe("optimizers follow their published formulas", () => {
  test.each(rows)("%s, dense and by touched rows", (_, optimizer, reference) => {
    const memory = allocate(model, optimizer);
    initialize(memory, 1);
    const updater = new Updater(memory, optimizer, undefined);
    const table = memory.tables[0]!;
    const element = (p: number): Element => ({ p, slots: {} });
    const dense = memory.dense.parameters.map(({ value }) => Array.from(value, element));
    const cell = (row: number, i: number): number => table.block[row * table.stride + i]!;
    const cells = Array.from({ length: 16 }, (_, row) => Array.from({ length: 8 }, (_, i) => element(cell(row, i))));

    for (let step = 1; step <= 6; step++) {
      drawGradients(memory, step);
      updater.update(step, 0.01, [touchedIn(step).length]);
      for (const [k, { gradient, declaration }] of memory.dense.parameters.entries()) {
        for (const [i, g] of gradient.entries()) reference(dense[k]![i]!, g, step, 0.01, declaration.decays);
      }
      for (const [at, row] of touchedIn(step).entries()) {
        for (let i = 0; i < 8; i++) reference(cells[row]![i]!, table.touchedGradients[at * 8 + i]!, step, 0.01, true);
      }
    }
    for (const [k, { value }] of memory.dense.parameters.entries()) {
      for (const [i, p] of value.entries()) expect(p).toBeCloseTo(dense[k]![i]!.p, 5);
    }
    for (let row = 0; row < 16; row++)
      for (let i = 0; i < 8; i++) expect(cell(row, i)).toBeCloseTo(cells[row]![i]!.p, 5);
  });

  test("biases do not decay", () => {
    const memory = allocate(model, adamW({ weightDecay: 0.5 }));
    for (const { value } of memory.dense.parameters) value.fill(1);
    new Updater(memory, adamW({ weightDecay: 0.5 }), undefined).update(1, 0.1, [0]);
    const valueOf = (name: string) =>
      memory.dense.parameters.find(({ declaration }) => declaration.name === name)?.value[0];
    expect([valueOf("d.kernel"), valueOf("d.bias")]).toEqual([Math.fround(0.95), 1]);
  });
});

describe("gradient clipping", () => {
  const stepWith = (clipNorm: number | undefined): { norm: number | undefined; moved: number } => {
    const memory = allocate(model, sgd());
    for (const { gradient } of memory.dense.parameters) gradient.fill(2);
    memory.tables[0]!.touchedGradients.fill(2);
    memory.tables[0]!.touchedIds[0] = 5;
    const norm = new Updater(memory, sgd(), clipNorm).update(1, 1, [1]);
    return { norm, moved: -memory.tables[0]!.block[5 * 8]! };
  };
  const joint = 2 * Math.sqrt(24 + 3 + 8); // kernel, bias and one row, all twos

  test("scales all gradients by the same factor when their joint norm is too large", () => {
    const { norm, moved } = stepWith(1);
    expect(norm).toBeCloseTo(joint, 5);
    expect(moved).toBeCloseTo(2 / joint, 5);
  });
  test("leaves smaller gradients as they are", () => expect(stepWith(100)).toEqual({ norm: joint, moved: 2 }));
  test("is off without a norm", () => expect(stepWith(undefined)).toEqual({ norm: undefined, moved: 2 }));
});

describe("schedules", () => {
  test("constant", () => expect([1, 1000].map(constantRate(0.1).rate)).toEqual([0.1, 0.1]));
  test("warm-up rises in a line, the cosine falls to its share and stays", () => {
    const { rate } = warmUpCosine({ rate: 1, warmUpSteps: 4, steps: 12, finalShare: 0.1 });
    expect([1, 2, 4, 8, 12, 50].map((step) => Number(rate(step).toFixed(6)))).toEqual([0.25, 0.5, 1, 0.55, 0.1, 0.1]);
  });
  test("without warm-up the first step is near the top", () => {
    expect(warmUpCosine({ rate: 1, warmUpSteps: 0, steps: 100 }).rate(1)).toBeGreaterThan(0.99);
  });
});
