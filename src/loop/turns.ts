import { createVersion, findDataset } from "../data/index.ts";
import { countUntakenReviews, returnReviewedRows, takeReviewedRows } from "../feedback/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { Refusal, must, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { getModel } from "../models/index.ts";
import { getEndpoint } from "../serve/index.ts";
import { type JobHandler, type Queries, type Store, enqueueJob, runOneJob } from "../store/index.ts";
import {
  type EvaluationDeps,
  type Recipe,
  type Run,
  getRun,
  parseRecipe,
  startRunIn,
  trainJobs,
  watchRun,
} from "../train/index.ts";
import type { LoopTables, TurnRow } from "./tables.ts";
import { type Verdict, judge } from "./verdicts.ts";

interface TurnFacts {
  readonly id: Id<"turn">;
  readonly endpoint: string;
  readonly dataset: Id<"dataset">;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly job: Id<"job">;
  readonly createdAtMs: number;
}

/** One turn of the wheel for one endpoint: reviewed examples become a version, a run, a verdict. */
export type Turn = TurnFacts &
  (
    | { readonly state: "collecting" }
    | {
        readonly state: "training";
        readonly datasetVersion: Id<"datasetVersion">;
        readonly reviewed: number;
        readonly run: Id<"run">;
      }
    | {
        readonly state: "ended";
        readonly datasetVersion: Id<"datasetVersion">;
        readonly reviewed: number;
        readonly run: Id<"run">;
        readonly verdict: Id<"verdict">;
      }
    | { readonly state: "failed"; readonly reason: string }
  );

export interface LoopDeps extends EvaluationDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Names this process as the holder of the nested run's lease. */
  readonly owner: string;
}

export interface NewTurn {
  readonly endpoint: string;
  /** Id or name. */
  readonly dataset: string;
  readonly recipe: Recipe;
  readonly seed: number;
  /** Fewer reviewed examples than this are refused. */
  readonly reviewedMin: number;
  readonly nowMs: number;
}

/** Row and job in one transaction. Refuses when too little was reviewed, or a turn of this endpoint is under way. */
export async function startTurn(store: Store, input: NewTurn): Promise<Turn> {
  const { endpoint, nowMs } = input;
  await getEndpoint(store, endpoint);
  const dataset = await findDataset(store, input.dataset);
  const reviewed = await countUntakenReviews(store, { dataset: dataset.id, endpoints: [endpoint] });
  if (reviewed < input.reviewedMin) {
    throw new Refusal("conflict", `${reviewed} reviewed examples are new; a turn needs ${input.reviewedMin}.`, {
      hint: "Settle more of the queue: millrace review list",
    });
  }
  return store.transaction(async (tx) => {
    const busy = await tx
      .as<LoopTables>()
      .selectFrom("loop_turns")
      .select("id")
      .where("endpoint", "=", endpoint)
      .where("state", "in", ["collecting", "training"])
      .executeTakeFirst();
    if (busy) throw new Refusal("conflict", `A turn of "${endpoint}" is under way: ${busy.id}.`);
    const id = newId("turn", nowMs);
    const job = await enqueueJob(tx, { kind: "loop.turn", payload: { turn: id }, nowMs });
    const row: TurnRow = {
      id,
      endpoint,
      dataset: dataset.id,
      state: "collecting",
      recipe: JSON.stringify(input.recipe),
      seed: input.seed,
      job,
      dataset_version: null,
      run: null,
      verdict: null,
      reviewed: null,
      reason: null,
      created_at_ms: nowMs,
      finished_at_ms: null,
    };
    await tx.as<LoopTables>().insertInto("loop_turns").values(row).execute();
    return fromRow(row);
  });
}

/** Handlers for the job runner: a turn continues from whatever it had reached when its process died. */
export function loopJobs(deps: LoopDeps): Readonly<Record<"loop.turn", JobHandler>> {
  return {
    "loop.turn": async ({ job, signal, progress }) => {
      const { turn } = job.payload as { turn: Id<"turn"> };
      try {
        return await advance(deps, turn, signal, progress);
      } catch (error) {
        if (error instanceof Refusal && !signal.aborted) await fail(deps, turn, error.message);
        throw error;
      }
    },
  };
}

async function advance(
  deps: LoopDeps,
  id: Id<"turn">,
  signal: AbortSignal,
  progress: (value: unknown) => void,
): Promise<{ verdict: Id<"verdict"> }> {
  let turn = await getTurn(deps.store, id);
  if (turn.state === "collecting") turn = await collect(deps, turn);
  if (turn.state === "training") {
    const { run } = turn;
    progress({ run });
    const trained = await train(deps, run, signal);
    const verdict = await judge(deps, { endpoint: turn.endpoint, candidate: trained, nowMs: deps.clock.now(), signal });
    turn = await end(deps, turn.id, verdict);
  }
  if (turn.state === "ended") return { verdict: turn.verdict };
  throw new Refusal("conflict", turn.state === "failed" ? turn.reason : `The turn is still ${turn.state}.`);
}

/** Reviewed rows become the next version, and the run starts: the turn's id names the batch, so this may run again. */
async function collect({ store, clock }: LoopDeps, turn: TurnFacts): Promise<Turn> {
  const batch = { dataset: turn.dataset, batch: turn.id };
  const rows = await store.transaction((tx) =>
    takeReviewedRows(tx, { ...batch, endpoints: [turn.endpoint], nowMs: clock.now() }),
  );
  const { version } = await createVersion(
    { store, clock },
    { dataset: turn.dataset, add: rows, note: `${rows.length} reviewed examples from ${turn.endpoint}` },
  ).catch(async (error: unknown) => {
    await store.transaction((tx) => returnReviewedRows(tx, batch));
    throw error;
  });
  const champion = (await getEndpoint(store, turn.endpoint)).champion.model;
  return store.transaction(async (tx) => {
    const run = await startRunIn(tx, {
      datasetVersion: version.id,
      recipe: turn.recipe,
      seed: turn.seed,
      name: `${turn.endpoint} v${version.number}`,
      parent: champion,
      nowMs: clock.now(),
    });
    await update(tx, turn.id, { state: "training", dataset_version: version.id, run: run.id, reviewed: rows.length });
    return getTurn(tx, turn.id);
  });
}

/** Trains here, or waits for whoever has taken the run. */
async function train(deps: LoopDeps, id: Id<"run">, signal: AbortSignal): Promise<Id<"model">> {
  const { store, clock, owner } = deps;
  const before = await getRun(store, id);
  const runner = { store, owner, now: () => clock.now(), handlers: trainJobs(deps) };
  if (before.state === "queued" || before.state === "training") await runOneJob(runner, before.job, signal);
  const run: Run = await watchRun(store, id, { signal, onChange: () => {} });
  if (run.state === "done") return run.model;
  const why = run.state === "failed" ? run.reason : "it was cancelled";
  throw new Refusal("conflict", `The run ${id} gave no model: ${why}`);
}

async function end({ store, clock }: LoopDeps, id: Id<"turn">, verdict: Verdict): Promise<Turn> {
  await update(store, id, { state: "ended", verdict: verdict.id, finished_at_ms: clock.now() });
  return getTurn(store, id);
}

async function fail({ store, clock }: LoopDeps, id: Id<"turn">, reason: string): Promise<void> {
  await update(store, id, { state: "failed", reason, finished_at_ms: clock.now() });
}

async function update(db: Queries, id: Id<"turn">, change: Partial<TurnRow>): Promise<void> {
  await db.as<LoopTables>().updateTable("loop_turns").set(change).where("id", "=", id).execute();
}

export async function getTurn(db: Queries, id: string): Promise<Turn> {
  const row = await db
    .as<LoopTables>()
    .selectFrom("loop_turns")
    .selectAll()
    .where("id", "=", id as Id<"turn">)
    .executeTakeFirst();
  if (!row) throw notFound("turn", id);
  return fromRow(row);
}

/** Newest first. */
export async function listTurns(
  db: Queries,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<Turn[]> {
  let query = db.as<LoopTables>().selectFrom("loop_turns").selectAll().orderBy("id", "desc").limit(page.limit);
  if (page.before) query = query.where("id", "<", page.before as Id<"turn">);
  return (await query.execute()).map(fromRow);
}

/** The recipe a champion was trained with, for turns that name none. */
export async function recipeOfChampion(db: Queries, endpoint: string): Promise<Recipe | undefined> {
  const { champion } = await getEndpoint(db, endpoint);
  const { lineage } = await getModel(db, champion.model);
  return lineage.run ? (await getRun(db, lineage.run)).recipe : undefined;
}

function fromRow(row: TurnRow): Turn {
  const facts: TurnFacts = {
    id: row.id,
    endpoint: row.endpoint,
    dataset: row.dataset,
    recipe: parseRecipe(JSON.parse(row.recipe)),
    seed: row.seed,
    job: row.job,
    createdAtMs: row.created_at_ms,
  };
  if (row.state === "collecting") return { ...facts, state: "collecting" };
  if (row.state === "failed") return { ...facts, state: "failed", reason: row.reason ?? "" };
  const reached = {
    datasetVersion: must(row.dataset_version, "a turn that trains has a version"),
    run: must(row.run, "a turn that trains has a run"),
    reviewed: must(row.reviewed, "a turn that trains counted its examples"),
  };
  if (row.state === "training") return { ...facts, ...reached, state: "training" };
  return { ...facts, ...reached, state: "ended", verdict: must(row.verdict, "a turn that ended has a verdict") };
}
