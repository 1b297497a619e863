import path from "node:path";
import { type DatasetVersion, findVersion } from "../../data/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { compiledUrl } from "../../kernel/compiled.ts";
import { Refusal, must } from "../../kernel/errors.ts";
import { canonicalJson } from "../../kernel/hash.ts";
import type { Id } from "../../kernel/ids.ts";
import { type Log, silentLog } from "../../kernel/log.ts";
import type { JobContext, JobHandler, Store } from "../../store/index.ts";
import { runInChild } from "../../tensor/index.ts";
import type { Recipe } from "../architectures/index.ts";
import { refuseUntrainable } from "../fits.ts";
import { willContinue } from "../jobs.ts";
import type { TrainingProgress } from "../run.ts";
import { startRunIn } from "../runs.ts";
import type { TrainTables } from "../tables.ts";
import { linkEncoder } from "../work-encoder.ts";
import { removeWork, workFolder } from "../work-folder.ts";
import { crossValidation } from "./cross-validation.ts";
import { hyperparameters } from "./halving.ts";
import { learningCurve } from "./learning-curve.ts";
import type { PoolFacts } from "./pool.ts";
import { recipeChoice } from "./recipe-choice.ts";
import { type Search, type SearchOutcome, type SearchProgress, type SearchSpec, toSearch } from "./search.ts";
import { listTrials, searchJobKind, searchRow } from "./searches.ts";
import { type NextTrial, type SearchSoFar, type Strategy, spentMs } from "./strategy.ts";
import { type EndedTrial, type TrialOutcome, decodeErrors, encodeErrors } from "./trial.ts";
import type { TrialInput, TrialOutput } from "./trial-work.ts";
import { writePool } from "./write-pool.ts";

export interface SearchDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly threads: number;
  readonly log?: Log;
}

/** The handler for the store's `startJobs` and `runOneJob`. */
export function searchJobs(deps: SearchDeps): Readonly<Record<typeof searchJobKind, JobHandler>> {
  return { [searchJobKind]: (context) => performSearch(deps, context) };
}

type SpecOf<K extends SearchSpec["kind"]> = Extract<SearchSpec, { readonly kind: K }>;
type OutcomeOf<K extends SearchSpec["kind"]> = Extract<SearchOutcome, { readonly kind: K }>;

const strategies: { readonly [K in SearchSpec["kind"]]: Strategy<SpecOf<K>, OutcomeOf<K>> } = {
  "cross-validation": crossValidation,
  "learning-curve": learningCurve,
  hyperparameters,
  "recipe-choice": recipeChoice,
};

const strategyOf = <K extends SearchSpec["kind"]>(kind: K): Strategy<SpecOf<K>, OutcomeOf<K>> => strategies[kind];

/** Trial after trial, each written when it has ended, until the strategy has seen enough. */
async function performSearch(deps: SearchDeps, context: JobContext): Promise<{ run: Id<"run"> | null }> {
  const { store, log = silentLog } = deps;
  const row = await searchRow(store, (context.job.payload as { search: string }).search);
  const search = toSearch(row, context.job);
  if (search.state === "done") return { run: search.run }; // the process died after writing it
  const version = await findVersion(store, search.datasetVersion);
  const folder = workFolder(store, search.id);
  let isOver = true;
  try {
    const facts = await writePool(store, version, folder);
    const { train, validation, perLabel } = facts;
    for (const recipe of recipesOf(search.spec)) {
      refuseUntrainable(recipe.task, version, { splits: { train, validation }, perLabel });
      await linkEncoder(store, recipe, folder);
    }
    const trials = await performTrials(deps, context, search, { version, folder, facts });
    const run = await conclude(deps, search, row.run_name, { seed: search.seed, facts, trials });
    log.info({ search: search.id, trials: trials.length, tookMs: Math.round(spentMs(trials)) }, "search done");
    return { run };
  } catch (error) {
    isOver = !(await willContinue(store, context, error));
    throw error;
  } finally {
    if (isOver) await removeWork(folder);
  }
}

const recipesOf = (spec: SearchSpec): readonly Recipe[] => ("candidates" in spec ? spec.candidates : [spec.recipe]);

interface Ground {
  readonly version: DatasetVersion;
  readonly folder: string;
  readonly facts: PoolFacts;
}

async function performTrials(
  deps: SearchDeps,
  context: JobContext,
  search: Search,
  ground: Ground,
): Promise<readonly EndedTrial[]> {
  const { spec, seed } = search;
  const strategy = strategyOf(spec.kind);
  const trials = await listTrials(deps.store, search.id);
  for (;;) {
    const soFar = { seed, facts: ground.facts, trials };
    const next = strategy.next(spec, soFar);
    if (!next) return trials;
    const share = strategy.share(spec, soFar);
    const etaMs = share === 0 ? null : Math.round((spentMs(trials) * (1 - share)) / share);
    const tell = (doing: string): void => {
      context.progress({ trial: trials.length + 1, doing, share, etaMs } satisfies SearchProgress);
    };
    const number = trials.length;
    const outcome = await performTrial(deps, context, ground, next, number, tell);
    const isAskedFor = "recipe" in spec && canonicalJson(next.recipe) === canonicalJson(spec.recipe);
    if (isAskedFor && outcome.is === "failed") throw new Refusal("invalid_data", outcome.reason);
    const { limit: _, ...trial } = next;
    await deps.store
      .as<TrainTables>()
      .insertInto("search_trials")
      .values({ search: search.id, number, trial: JSON.stringify(trial), outcome: JSON.stringify(outcome) })
      .execute();
    trials.push({ ...trial, number, outcome });
  }
}

/** A trial's estimate of how long it takes is not believed before. */
const estimateAfterMs = 3_000;

async function performTrial(
  { store, clock, threads }: SearchDeps,
  { signal }: JobContext,
  { version, folder }: Ground,
  { limit, ...trial }: NextTrial,
  number: number,
  tell: (doing: string) => void,
): Promise<TrialOutcome> {
  const startedMs = clock.elapsed();
  const took = (): number => Math.round(clock.elapsed() - startedMs);
  const tooLong = new AbortController();
  let wouldTakeMs = 0;
  const expect = (wholeMs: number): void => {
    if (limit === null || wholeMs * limit.trials <= limit.ms) return;
    wouldTakeMs = Math.round(wholeMs * limit.trials);
    tooLong.abort();
  };
  const timer = limit && setTimeout(() => expect(took() + 1), limit.ms / limit.trials);
  const checkpoint = path.join(folder, `trial-${number}`);
  tell(doingOf(trial, null));
  try {
    const { errors, units, ...score } = await runInChild<TrialInput, TrialOutput, TrainingProgress>({
      entry: new URL("./worker.js", compiledUrl(import.meta.url)),
      input: { folder, labels: version.labels, trial, checkpoint, threads },
      onProgress(progress) {
        tell(doingOf(trial, progress));
        if (progress.etaMs !== null && took() > estimateAfterMs) expect(took() + progress.etaMs);
      },
      signal: AbortSignal.any([signal, tooLong.signal]),
    });
    const blob = await store.blobs.put(encodeErrors({ errors, units }));
    return { is: "measured", ...score, errors: blob, tookMs: took() };
  } catch (error) {
    if (signal.aborted) throw error;
    if (tooLong.signal.aborted) return { is: "stopped", tookMs: took(), wouldTakeMs, leftMs: limit?.ms ?? 0 };
    return { is: "failed", tookMs: took(), reason: error instanceof Error ? error.message : String(error) };
  } finally {
    if (timer) clearTimeout(timer);
    if (!signal.aborted) await removeWork(checkpoint); // else the next attempt continues from it
  }
}

function doingOf({ recipe, part }: Omit<NextTrial, "limit">, progress: TrainingProgress | null): string {
  const on =
    part.kind === "fold"
      ? `${recipe.name}, fold ${part.fold + 1} of ${part.folds}`
      : `${recipe.name}, ${Math.round(part.share * 100)} % of the examples`;
  return progress === null ? on : `${on}, epoch ${progress.epoch} of ${progress.epochs}`;
}

/** Writes the outcome and, where it was asked for, the run that follows, in one transaction. */
async function conclude(
  { store, clock }: SearchDeps,
  search: Search,
  runName: string | null,
  soFar: SearchSoFar,
): Promise<Id<"run"> | null> {
  const { spec, datasetVersion, seed } = search;
  if (soFar.trials.every(({ outcome }) => outcome.is !== "measured")) throw nothingMeasured(soFar.trials);
  const outcome = await strategyOf(spec.kind).conclude(spec, soFar, async (trial) =>
    decodeErrors(await store.blobs.get(trial.outcome.errors)),
  );
  const recipe = recipeOf(outcome);
  return store.transaction(async (tx) => {
    const trained =
      search.trains && recipe
        ? await startRunIn(tx, {
            datasetVersion,
            recipe,
            seed,
            nowMs: clock.now(),
            ...(runName ? { name: runName } : {}),
          })
        : null;
    const run = trained?.id ?? null;
    const claimed = await tx
      .as<TrainTables>()
      .updateTable("searches")
      .set({ outcome: JSON.stringify(outcome), run })
      .where("id", "=", search.id)
      .where("outcome", "is", null)
      .executeTakeFirst();
    if (claimed.numUpdatedRows === 0n) {
      throw new Refusal("conflict", `Search ${search.id} was finished by another worker.`);
    }
    return run;
  });
}

/** The recipe that a search ends with. */
export function recipeOf(outcome: SearchOutcome): Recipe | null {
  if (outcome.kind === "hyperparameters") return outcome.best;
  return outcome.kind === "recipe-choice" ? outcome.chosen : null;
}

function nothingMeasured(trials: readonly EndedTrial[]): Refusal {
  const { outcome } = must(trials.at(-1), "a search has at least one trial");
  const why = outcome.is === "failed" ? outcome.reason : "no training could end within the minutes.";
  return new Refusal("invalid_data", `Nothing could be measured: ${why}`, { hint: "Give it more minutes." });
}
