import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Model, getModel, insertModel, loadBundle, prepareModel } from "../models/index.ts";
import { type QuantizeReport, quantize } from "../tensor/index.ts";
import { cardEvaluation } from "./build-card.ts";
import { type EvaluationDeps, evaluateComputationOn, evaluateModel } from "./evaluate-model.ts";
import { insertEvaluation, loadScored, newEvaluation, summaryOf } from "./evaluation.ts";
import { type Comparison, comparePaired } from "./paired.ts";
import { decodeScored } from "./scored.ts";

export interface Quantized {
  readonly model: Model;
  readonly report: QuantizeReport;
  /** The quantized model (b) against the one it came from (a), on the same test examples. */
  readonly comparison: Comparison;
}

export interface QuantizeInput {
  readonly model: Id<"model">;
  /** Of the new model; default the old one's with "int8". */
  readonly name?: string;
}

/**
 * A model of 8-bit integers from one of floats: registered with the old one as its parent, evaluated on the same test
 * split, and compared with it. Refuses a model without a dataset version (`conflict`) and a graph with nothing to
 * quantize (`invalid_data`).
 */
export async function quantizeModel(deps: EvaluationDeps, input: QuantizeInput): Promise<Quantized> {
  const { store, clock } = deps;
  const original = await getModel(store, input.model);
  const { datasetVersion } = original.lineage;
  if (!datasetVersion) {
    throw new Refusal(
      "conflict",
      `${original.id} knows no dataset version, so what quantizing costs cannot be measured.`,
    );
  }
  const { card, ...floats } = await loadBundle(store, original.id);
  const { onnx, report } = quantize(floats.onnx);
  const computation = { ...floats, onnx };
  const before = await evaluateModel(deps, { model: original.id, datasetVersion, split: "test" });
  const work = await evaluateComputationOn(deps, {
    computation,
    name: `${original.id}-int8`,
    datasetVersion,
    split: "test",
  });
  const comparison = comparePaired(await loadScored(store, before), decodeScored(work.predictions), { seed: 1 });
  const nowMs = clock.now();
  const name = input.name ?? `${original.name}-int8`;
  const model = await prepareModel(store, {
    ...computation,
    card: {
      ...card,
      name,
      description: `${card.description} Its weights are 8-bit integers, quantized from ${original.id}.`,
      evaluation: cardEvaluation(work.assessment),
    },
    name,
    lineage: { ...original.lineage, run: null, parent: original.id },
    summary: summaryOf("test", work.assessment),
    nowMs,
  });
  const predictions = await store.blobs.put(work.predictions);
  const subject = { model: model.id, datasetVersion, split: "test" } as const;
  await store.transaction(async (tx) => {
    await insertModel(tx, model);
    await insertEvaluation(tx, newEvaluation(subject, work.assessment, predictions, nowMs));
  });
  return { model, report, comparison };
}
