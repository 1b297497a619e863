import { findVersion } from "../data/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { compiledUrl } from "../kernel/compiled.ts";
import { Refusal, invariant, must } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Computation, loadBundle } from "../models/index.ts";
import type { Store } from "../store/index.ts";
import { runInChild } from "../tensor/index.ts";
import { type EvaluatedSplit, type Evaluation, findEvaluation, insertEvaluation, newEvaluation } from "./evaluation.ts";
import { assertJudged } from "./fits.ts";
import { removeWork, workFolder } from "./work-folder.ts";
import { writeExamples } from "./write-examples.ts";
import type { EvaluatedWork, WorkInput, WorkOutput } from "./work.ts";

export interface EvaluationDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Threads of one session. */
  readonly threads: number;
}

export interface EvaluationSubject {
  readonly model: Id<"model">;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly split: EvaluatedSplit;
  readonly signal?: AbortSignal;
}

/**
 * Evaluates a model on a split of any version, in a child process; an evaluation that is stored already is returned as
 * it is. Labels that the model does not know count as wrong answers. Refuses (`invalid_data`) an empty split.
 */
export async function evaluateModel(deps: EvaluationDeps, subject: EvaluationSubject): Promise<Evaluation> {
  const { store, clock } = deps;
  const found = await findEvaluation(store, subject);
  if (found) return found;
  const { card: _, ...computation } = await loadBundle(store, subject.model);
  const work = await evaluateComputationOn(deps, { ...subject, computation, name: subject.model });
  const predictions = await store.blobs.put(work.predictions);
  const { model, datasetVersion, split } = subject;
  await insertEvaluation(
    store,
    newEvaluation({ model, datasetVersion, split }, work.assessment, predictions, clock.now()),
  );
  return must(await findEvaluation(store, subject), "an evaluation is there once it is written");
}

/** The same of a computation that may be no registered model; nothing is stored. `name` tells work folders apart. */
export async function evaluateComputationOn(
  { store, threads }: EvaluationDeps,
  subject: Omit<EvaluationSubject, "model"> & { readonly computation: Computation; readonly name: string },
): Promise<EvaluatedWork> {
  const { split, signal, computation, name } = subject;
  assertJudged(computation.task);
  const version = await findVersion(store, subject.datasetVersion);
  const known = computation.labels;
  const labels = [...known, ...version.labels.filter((label) => !known.includes(label))];
  const folder = workFolder(store, `${name}-${version.id}-${split}`);
  try {
    const counts = await writeExamples(store, version, labels, "train", folder);
    const evaluated = split === "train" ? counts : await writeExamples(store, version, labels, split, folder);
    if (evaluated.every((count) => count === 0)) {
      throw new Refusal("invalid_data", `The ${split} split of version ${version.number} holds no labelled example.`);
    }
    const output = await runInChild<WorkInput, WorkOutput>({
      entry: new URL("./worker.js", compiledUrl(import.meta.url)),
      input: { kind: "evaluate", folder, split, labels, model: computation, threads },
      ...(signal ? { signal } : {}),
    });
    invariant(output.kind === "evaluate", "the child answers what it was asked");
    return output.evaluated;
  } finally {
    await removeWork(folder);
  }
}
