import { type DatasetVersion, findDataset, findVersion } from "../data/index.ts";
import { compiledUrl } from "../kernel/compiled.ts";
import { Refusal, invariant } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { type Log, silentLog } from "../kernel/log.ts";
import { type NewModel, insertModel, prepareModel } from "../models/index.ts";
import type { JobContext, JobHandler } from "../store/index.ts";
import { runInChild } from "../tensor/index.ts";
import { buildCard } from "./build-card.ts";
import type { EvaluationDeps } from "./evaluate-model.ts";
import { type Evaluation, insertEvaluation, newEvaluation, summaryOf } from "./evaluation.ts";
import { type Amounts, refuseUntrainable } from "./fits.ts";
import { willContinue } from "./jobs.ts";
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

function amountsOf(counts: Counts): Amounts {
  const splits = Object.entries(counts).map(([split, ofLabels]: [string, readonly number[]]) => {
    return [split, ofLabels.reduce((sum, count) => sum + count, 0)] as const;
  });
  return { splits: Object.fromEntries(splits), perLabel: counts.train };
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
    refuseUntrainable(run.recipe.task, version, amountsOf(counts));
    const output = await trainInChild(deps, context, run, version, folder);
    const outcome = await prepareOutcome(deps, run, version, counts, output);
    const tookMs = Math.round(clock.elapsed() - startedMs);
    await writeOutcome(deps, run, outcome, output, tookMs);
    log.info({ run: run.id, model: outcome.model.id, tookMs }, "run done");
    return { model: outcome.model.id };
  } catch (error) {
    isOver = !(await willContinue(store, context, error));
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ run: run.id, reason, isOver }, "run ended without a model");
    throw error;
  } finally {
    if (isOver) await removeWork(folder); // else the next attempt continues from its checkpoint
  }
}

async function writeSplits({ store }: TrainDeps, version: DatasetVersion, folder: string): Promise<Counts> {
  return {
    train: await writeExamples(store, version, version.labels, "train", folder),
    validation: await writeExamples(store, version, version.labels, "validation", folder),
    test: await writeExamples(store, version, version.labels, "test", folder),
  };
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
