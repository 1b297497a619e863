import { expect } from "vitest";
import { toOnnx } from "../graph/to-onnx.ts";
import { exportOnnx } from "../model/export.ts";
import { buildModel, type Model } from "../model/model.ts";
import type { Weights } from "../model/weights.ts";
import { openSession, systemRuntime, type Values } from "../runtime/runtime.ts";
import { adam } from "../training/optimizers.ts";
import type { Objective } from "../training/objective.ts";
import { openStepper } from "../training/stepper.ts";

/** The weights that a fresh stepper draws. */
export async function freshWeights(model: Model, objective: Objective): Promise<Weights> {
  const runtime = systemRuntime();
  const { memory } = await openStepper({ model, objective, optimizer: adam(), runtime, seed: 1 });
  await runtime.close();
  return new Map(
    memory.dense.parameters.map(({ declaration: { name, shape }, value }) => [name, { shape, data: value.slice() }]),
  );
}

/** The exported file and the graph of `evaluate` give the same numbers; returns those of the file. */
export async function expectSameAsExport(model: Model, weights: Weights, feeds: Values): Promise<Values> {
  const { outputs } = buildModel(model, "evaluate");
  const [trained, exported] = await Promise.all([
    openSession(toOnnx({ name: "evaluate", outputs, weights, standardOnly: false })),
    openSession(exportOnnx(model, weights)),
  ]);
  const [inside, file] = [await trained.run(feeds), await exported.run(feeds)];
  for (const [name, { dims, data }] of Object.entries(file)) {
    expect(inside[name]?.dims).toEqual(dims);
    for (const [i, x] of data.entries()) expect(Number(inside[name]?.data[i])).toBeCloseTo(Number(x), 5);
  }
  await Promise.all([trained.release(), exported.release()]);
  return file;
}
