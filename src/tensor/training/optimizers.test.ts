import { describe, expect, test } from "vitest";
import { seededRandom } from "../../kernel/random.ts";
import { dense, embeddingBag } from "../model/layers.ts";
import { buildModel, defineModel } from "../model/model.ts";
import { allocate, initialize, type TrainingMemory } from "./memory.ts";
import { adam, adamW, type Optimizer, penalized, rmsprop, sgd } from "./optimizers.ts";
import { type Clipping, Updater } from "./updater.ts";

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

const nesterovReference =
  (momentum: number): Reference =>
  (element, g, _, rate) => {
    element.slots["m"] = momentum * (element.slots["m"] ?? 0) + g;
    element.p -= rate * (g + momentum * element.slots["m"]);
  };
const rmspropReference =
  (rho: number, epsilon: number, momentum: number): Reference =>
  (element, g, _, rate) => {
    const { slots } = element;
    slots["v"] = rho * (slots["v"] ?? 0) + (1 - rho) * g * g;
    slots["m"] = momentum * (slots["m"] ?? 0) + g / (Math.sqrt(slots["v"]) + epsilon);
    element.p -= rate * slots["m"];
  };
const penalizedReference =
  (inner: Reference, l1: number, l2: number): Reference =>
  (element, g, step, rate, decays) =>
    inner(element, decays ? g + l2 * element.p + l1 * Math.sign(element.p) : g, step, rate, decays);

const rows: readonly (readonly [string, Optimizer, Reference])[] = [
  ["sgd", sgd(), (element, g, _, rate) => void (element.p -= rate * g)],
  ["sgd with momentum", sgd({ momentum: 0.9 }), momentumReference(0.9)],
  ["adam", adam({ epsilon: 1e-7 }), adamReference(0.9, 0.999, 1e-7, 0)],
  ["adam with other moments", adam({ beta1: 0.8, beta2: 0.95 }), adamReference(0.8, 0.95, 1e-8, 0)],
  ["sgd with Nesterov's momentum", sgd({ momentum: 0.9, nesterov: true }), nesterovReference(0.9)],
  ["rmsprop", rmsprop({ rho: 0.8, epsilon: 1e-6 }), rmspropReference(0.8, 1e-6, 0)],
  ["rmsprop with momentum", rmsprop({ momentum: 0.5 }), rmspropReference(0.9, 1e-8, 0.5)],
  [
    "sgd with both penalties",
    penalized(sgd(), { l1: 0.3, l2: 0.2 }),
    penalizedReference(momentumReference(0), 0.3, 0.2),
  ],
  ["adam with l2", penalized(adam(), { l2: 0.2 }), penalizedReference(adamReference(0.9, 0.999, 1e-8, 0), 0, 0.2)],
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
    const updater = new Updater(memory, optimizer, {});
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
    new Updater(memory, adamW({ weightDecay: 0.5 }), {}).update(1, 0.1, [0]);
    const valueOf = (name: string) =>
      memory.dense.parameters.find(({ declaration }) => declaration.name === name)?.value[0];
    expect([valueOf("d.kernel"), valueOf("d.bias")]).toEqual([Math.fround(0.95), 1]);
  });
});

describe("steps that PyTorch 1.13 takes from 1 with gradients 1, -0.5, 0.25", () => {
  const rows: readonly (readonly [string, Optimizer, number, readonly number[]])[] = [
    ["rmsprop", rmsprop(), 0.01, [0.968377, 0.983121, 0.975575]],
    ["rmsprop, momentum 0.5", rmsprop({ momentum: 0.5 }), 0.01, [0.968377, 0.96731, 0.95923]],
    ["sgd, Nesterov 0.9", sgd({ momentum: 0.9, nesterov: true }), 0.1, [0.81, 0.824, 0.7441]],
    ["sgd, weight_decay 0.1", penalized(sgd(), { l2: 0.1 }), 0.1, [0.89, 0.9311, 0.896789]],
  ];
  test.each(rows)("%s", (_, optimizer, rate, expected) => {
    const memory = allocate(model, optimizer);
    const updater = new Updater(memory, optimizer, {});
    memory.dense.values.fill(1);
    const seen = [1, -0.5, 0.25].map((g, i) => {
      memory.dense.gradients.fill(g);
      updater.update(i + 1, rate, [0]);
      return memory.dense.values[0]!;
    });
    for (const [i, p] of seen.entries()) expect(p).toBeCloseTo(expected[i]!, 5);
  });
});

describe("gradient clipping", () => {
  const stepWith = (clipping: Clipping, scale?: number): { norm: number | undefined; moved: number } => {
    const memory = allocate(model, sgd());
    for (const { gradient } of memory.dense.parameters) gradient.fill(2);
    memory.tables[0]!.touchedGradients.fill(2);
    memory.tables[0]!.touchedIds[0] = 5;
    const norm = new Updater(memory, sgd(), clipping).update(1, 1, [1], scale);
    return { norm, moved: -memory.tables[0]!.block[5 * 8]! };
  };
  const joint = 2 * Math.sqrt(24 + 3 + 8); // kernel, bias and one row, all twos

  test("by norm scales all gradients by the same factor when their joint norm is too large", () => {
    const { norm, moved } = stepWith({ clipNorm: 1 });
    expect(norm).toBeCloseTo(joint, 5);
    expect(moved).toBeCloseTo(2 / joint, 5);
  });
  test("by norm leaves smaller gradients as they are", () =>
    expect(stepWith({ clipNorm: 100 })).toEqual({ norm: joint, moved: 2 }));
  test("by value cuts every element off", () => {
    expect(stepWith({ clipValue: 0.5 })).toEqual({ norm: undefined, moved: 0.5 });
    expect(stepWith({ clipValue: 3 })).toEqual({ norm: undefined, moved: 2 });
  });
  test("by both: the norm first", () => expect(stepWith({ clipNorm: joint / 2, clipValue: 0.75 }).moved).toBe(0.75));
  test("is of gradients that were scaled", () => {
    expect(stepWith({ clipNorm: 1 }, 0.25).norm).toBeCloseTo(joint / 4, 5);
    expect(stepWith({ clipNorm: 1 }, 0.25).moved).toBeCloseTo(2 / joint, 5);
    expect(stepWith({}, 0.25).moved).toBe(0.5);
  });
  test("is off by default", () => expect(stepWith({})).toEqual({ norm: undefined, moved: 2 }));
});
