import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { getModel } from "../models/index.ts";
import { deployRelease, getEndpoint } from "../serve/index.ts";
import type { Queries, Store } from "../store/index.ts";
import { type EvaluationDeps, type Comparison, comparePaired, evaluateModel, loadScored } from "../train/index.ts";
import { type Decision, decide } from "./decide.ts";
import type { LoopTables, VerdictRow } from "./tables.ts";
import { type Touches, touchedBy } from "./touches.ts";

/** One judgement, kept for good: what was compared on what, the facts, and what followed. */
export interface Verdict {
  readonly id: Id<"verdict">;
  readonly endpoint: string;
  readonly champion: Id<"model">;
  readonly candidate: Id<"model">;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly decision: Decision;
  readonly reason: string;
  readonly comparison: Comparison;
  readonly touches: Touches;
  /** How often this endpoint's candidates were judged on this dataset before: every look at a test set wears it. */
  readonly judgedBefore: number;
  readonly release: Id<"release"> | null;
  readonly createdAtMs: number;
}

export interface JudgeInput {
  readonly endpoint: string;
  readonly candidate: Id<"model">;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/** The seed of the bootstrap is fixed, so that the same two models always get the same verdict. */
const bootstrapSeed = 20_260_101;

/**
 * Compares a candidate with the endpoint's champion on the frozen test split of the candidate's dataset version and, only
 * if it is proved better, makes it champion. Verdict and release are written together. Judging the same pair again
 * returns the first verdict.
 */
export async function judge(deps: EvaluationDeps, input: JudgeInput): Promise<Verdict> {
  const { store } = deps;
  const facts = await gather(deps, input);
  const known = await findVerdict(store, facts);
  if (known) return known;
  const { decision, reason } = decide(facts.comparison);
  const verdict: Verdict = {
    id: newId("verdict", input.nowMs),
    endpoint: input.endpoint,
    champion: facts.champion,
    candidate: input.candidate,
    datasetVersion: facts.datasetVersion,
    decision,
    reason,
    comparison: facts.comparison,
    touches: facts.touches,
    judgedBefore: facts.judgedBefore,
    release: null,
    createdAtMs: input.nowMs,
  };
  return apply(store, verdict, input.nowMs);
}

interface Facts {
  readonly endpoint: string;
  readonly champion: Id<"model">;
  readonly candidate: Id<"model">;
  readonly datasetVersion: Id<"datasetVersion">;
  readonly comparison: Comparison;
  readonly touches: Touches;
  readonly judgedBefore: number;
}

async function gather(deps: EvaluationDeps, { endpoint, candidate, signal }: JudgeInput): Promise<Facts> {
  const { store } = deps;
  const champion = (await getEndpoint(store, endpoint)).champion.model;
  if (champion === candidate) {
    throw new Refusal("conflict", `${candidate} is the champion of "${endpoint}" already.`);
  }
  const { lineage } = await getModel(store, candidate);
  const { datasetVersion } = lineage;
  if (!datasetVersion) {
    throw new Refusal("invalid_request", `${candidate} was not trained here, so no frozen test split belongs to it.`, {
      hint: "Evaluate it on a dataset version first.",
    });
  }
  const scored = async (model: Id<"model">) =>
    loadScored(
      store,
      await evaluateModel(deps, { model, datasetVersion, split: "test", ...(signal ? { signal } : {}) }),
    );
  const comparison = comparePaired(await scored(champion), await scored(candidate), { seed: bootstrapSeed });
  const judged = await store
    .as<LoopTables>()
    .selectFrom("verdicts")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("endpoint", "=", endpoint)
    .executeTakeFirstOrThrow();
  return {
    endpoint,
    champion,
    candidate,
    datasetVersion,
    comparison,
    touches: await touchedBy(store, endpoint),
    judgedBefore: judged.n,
  };
}

async function apply(store: Store, verdict: Verdict, nowMs: number): Promise<Verdict> {
  return store.transaction(async (tx) => {
    let release: Id<"release"> | null = null;
    if (verdict.decision === "promote") {
      const promoted = await tx.perform(
        deployRelease.steps({
          endpoint: verdict.endpoint,
          model: verdict.candidate,
          role: "champion",
          nowMs,
          reason: `proved better: ${verdict.id}`,
        }),
      );
      release = promoted.id;
    }
    const decided = { ...verdict, release };
    await tx.as<LoopTables>().insertInto("verdicts").values(toRow(decided)).execute();
    return decided;
  });
}

async function findVerdict(
  db: Queries,
  key: Pick<Facts, "endpoint" | "champion" | "candidate" | "datasetVersion">,
): Promise<Verdict | undefined> {
  const row = await db
    .as<LoopTables>()
    .selectFrom("verdicts")
    .selectAll()
    .where("endpoint", "=", key.endpoint)
    .where("champion", "=", key.champion)
    .where("candidate", "=", key.candidate)
    .where("dataset_version", "=", key.datasetVersion)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function getVerdict(db: Queries, id: string): Promise<Verdict> {
  const row = await db
    .as<LoopTables>()
    .selectFrom("verdicts")
    .selectAll()
    .where("id", "=", id as Id<"verdict">)
    .executeTakeFirst();
  if (!row) throw notFound("verdict", id);
  return fromRow(row);
}

/** Newest first. */
export async function listVerdicts(
  db: Queries,
  page: { readonly endpoint?: string | undefined; readonly limit: number; readonly before?: string | undefined },
): Promise<Verdict[]> {
  let query = db.as<LoopTables>().selectFrom("verdicts").selectAll().orderBy("id", "desc").limit(page.limit);
  if (page.endpoint) query = query.where("endpoint", "=", page.endpoint);
  if (page.before) query = query.where("id", "<", page.before as Id<"verdict">);
  return (await query.execute()).map(fromRow);
}

function toRow(verdict: Verdict): VerdictRow {
  return {
    id: verdict.id,
    endpoint: verdict.endpoint,
    champion: verdict.champion,
    candidate: verdict.candidate,
    dataset_version: verdict.datasetVersion,
    decision: verdict.decision,
    reason: verdict.reason,
    comparison: JSON.stringify(verdict.comparison),
    touches: JSON.stringify(verdict.touches),
    judged_before: verdict.judgedBefore,
    release: verdict.release,
    created_at_ms: verdict.createdAtMs,
  };
}

function fromRow(row: VerdictRow): Verdict {
  return {
    id: row.id,
    endpoint: row.endpoint,
    champion: row.champion,
    candidate: row.candidate,
    datasetVersion: row.dataset_version,
    decision: row.decision,
    reason: row.reason,
    comparison: JSON.parse(row.comparison) as Comparison,
    touches: JSON.parse(row.touches) as Touches,
    judgedBefore: row.judged_before,
    release: row.release,
    createdAtMs: row.created_at_ms,
  };
}
