import { type DatasetVersion, findDataset, findVersion } from "../data/index.ts";
import { compiledUrl } from "../kernel/compiled.ts";
import { Refusal, invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Log, silentLog } from "../kernel/log.ts";
import { type NewModel, type Task, insertModel, isClassifier, prepareModel } from "../models/index.ts";
import { type JobContext, type JobHandler, getJob } from "../store/index.ts";
import { runInChild } from "../tensor/index.ts";
import { buildCard } from "./build-card.ts";
import type { EvaluationDeps } from "./evaluate-model.ts";
import { type Evaluation, insertEvaluation, newEvaluation, summaryOf } from "./evaluation.ts";
import { recipeDigest } from "./recipe.ts";
import { type Run, type TrainingProgress, toCurvePoints } from "./run.ts";
import { getRun, trainJobKind } from "./runs.ts";
import type { TrainTables } from "./tables.ts";
import { linkEncoder } from "./work-encoder.ts";
import { removeWork, workFolder } from "./work-folder.ts";
import { writeExamples } from "./write-examples.ts";
import type { EvaluatedWork, TrainOutput, WorkInput, WorkOutput } from "./work.ts";

export interface TrainDeps extends EvaluationDeps {
  readonly log?: Log;
}

/** Handlers for the store's `startJobs` and `runOneJob`. */
export function trainJobs(deps: TrainDeps): Readonly<Record<typeof trainJobKind, JobHandler>> {
  return { [trainJobKind]: (context) => performRun(deps, context) };
}

interface Counts {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/** Prepares, trains and evaluates in a child process, then writes the outcome in one transaction. */
async function performRun(deps: TrainDeps, context: JobContext): Promise<{ model: Id<"model"> }> {
  const { store, clock, log = silentLog } = deps;
  const run = await getRun(store, (context.job.payload as { run: string }).run);
  if (run.state === "done") return { model: run.model }; // the process died after writing it
  const startedMs = clock.elapsed();
  const version = await findVersion(store, run.datasetVersion);
  const folder = workFolder(store, run.id);
  let isOver = true;
  try {
    const counts = await writeSplits(deps, version, folder);
    await linkEncoder(store, run.recipe, folder);
    refuseUntrainable(run.recipe.task, version, counts);
    const output = await trainInChild(deps, context, run, version, folder);
    const outcome = await prepareOutcome(deps, run, version, counts, output);
    const tookMs = Math.round(clock.elapsed() - startedMs);
    await writeOutcome(deps, run, outcome, output, tookMs);
    log.info({ run: run.id, model: outcome.model.id, tookMs }, "run done");
    return { model: outcome.model.id };
  } catch (error) {
    isOver = !(await willContinue(deps, context, error));
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ run: run.id, reason, isOver }, "run ended without a model");
    throw error;
  } finally {
    if (isOver) await removeWork(folder); // else the next attempt continues from its checkpoint
  }
}

/** Whether another attempt follows: after an error while attempts are left, or after the process was told to stop. */
async function willContinue({ store }: TrainDeps, { job, signal }: JobContext, error: unknown): Promise<boolean> {
  if (signal.aborted) return !(await getJob(store, job.id)).cancelRequested;
  return !(error instanceof Refusal) && job.attempts < job.attemptsMax;
}

async function writeSplits({ store }: TrainDeps, version: DatasetVersion, folder: string): Promise<Counts> {
  return {
    train: await writeExamples(store, version, version.labels, "train", folder),
    validation: await writeExamples(store, version, version.labels, "validation", folder),
    test: await writeExamples(store, version, version.labels, "test", folder),
  };
}

/** Every split needs an example; a classifier two labels, and of each enough to learn from. */
function refuseUntrainable(task: Task, { labels, number }: DatasetVersion, counts: Counts): void {
  const refuse = (message: string, hint: string): never => {
    throw new Refusal("invalid_data", message, { param: "dataset_version", hint });
  };
  for (const split of ["train", "validation", "test"] as const) {
    if (counts[split].every((count) => count === 0)) {
      refuse(
        `The ${split} split of version ${number} holds no ${labels.length > 0 ? "labelled " : ""}example.`,
        "Import more examples: a split gets its share of them by chance.",
      );
    }
  }
  if (!isClassifier(task)) return;
  if (labels.length === 0) {
    refuse(`The examples of version ${number} have no labels.`, "Import them with labels, or train a language model.");
  }
  if (labels.length < 2) {
    refuse(
      `All examples of version ${number} have the label "${labels[0] ?? ""}": there is nothing to tell apart.`,
      "Import examples of a second label.",
    );
  }
  const least = limits.trainExamplesPerLabelMin;
  const short = labels.filter((_, k) => (counts.train[k] ?? 0) < least);
  if (short.length > 0) {
    const shown = short.slice(0, 5).map((label) => `"${label}" ${counts.train[labels.indexOf(label)] ?? 0}`);
    refuse(
      `Each label needs at least ${least} training examples, but there are: ${shown.join(", ")}${short.length > 5 ? ", …" : ""}.`,
      "Import more examples of these labels, or leave the labels out.",
    );
  }
}

async function trainInChild(
  { threads }: TrainDeps,
  { signal, progress }: JobContext,
  run: Run,
  { labels }: DatasetVersion,
  folder: string,
): Promise<TrainOutput> {
  const { recipe, seed } = run;
  const output = await runInChild<WorkInput, WorkOutput, TrainingProgress>({
    entry: new URL("./worker.js", compiledUrl(import.meta.url)),
    input: { kind: "train", folder, labels, recipe, seed, threads },
    onProgress: progress,
    signal,
  });
  invariant(output.kind === "train", "the child answers what it was asked");
  return output;
}

interface Outcome {
  readonly model: NewModel;
  readonly validation: Evaluation;
  readonly test: Evaluation;
}

async function prepareOutcome(
  { store, clock }: TrainDeps,
  run: Run,
  version: DatasetVersion,
  counts: Counts,
  output: TrainOutput,
): Promise<Outcome> {
  const nowMs = clock.now();
  const { name, recipe, seed, parent } = run;
  const dataset = await findDataset(store, version.datasetId);
  const model = await prepareModel(store, {
    ...output.computation,
    card: buildCard({ name, recipe, seed, dataset, version, counts, output }),
    name,
    lineage: { run: run.id, datasetVersion: version.id, recipe: recipeDigest(recipe), parent },
    summary: summaryOf("test", output.test.assessment),
    nowMs,
  });
  const evaluation = async (split: "validation" | "test", work: EvaluatedWork): Promise<Evaluation> => {
    const subject = { model: model.id, datasetVersion: version.id, split };
    return newEvaluation(subject, work.assessment, await store.blobs.put(work.predictions), nowMs);
  };
  return {
    model,
    validation: await evaluation("validation", output.validation),
    test: await evaluation("test", output.test),
  };
}

async function writeOutcome(
  { store }: TrainDeps,
  run: Run,
  { model, validation, test }: Outcome,
  { curves }: TrainOutput,
  tookMs: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    const claimed = await tx
      .as<TrainTables>()
      .updateTable("runs")
      .set({
        model: model.id,
        evaluation: test.id,
        curves: JSON.stringify(toCurvePoints(curves)),
        took_ms: tookMs,
      })
      .where("id", "=", run.id)
      .where("model", "is", null)
      .executeTakeFirst();
    if (claimed.numUpdatedRows === 0n) throw new Refusal("conflict", `Run ${run.id} was finished by another worker.`);
    await insertModel(tx, model);
    await insertEvaluation(tx, validation);
    await insertEvaluation(tx, test);
  });
}
