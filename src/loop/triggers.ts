import { findDataset } from "../data/index.ts";
import { countUntakenReviews } from "../feedback/index.ts";
import type { Clock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { getEndpoint } from "../serve/index.ts";
import type { Queries, Store } from "../store/index.ts";
import { type Recipe, parseRecipe } from "../train/index.ts";
import type { LoopTables } from "./tables.ts";
import { type Turn, startTurn } from "./turns.ts";

/** When the wheel turns by itself: as soon as so many reviewed examples wait. */
export interface Trigger {
  readonly endpoint: string;
  readonly dataset: Id<"dataset">;
  readonly reviewedMin: number;
  readonly recipe: Recipe;
}

export interface NewTrigger {
  readonly endpoint: string;
  /** Id or name. */
  readonly dataset: string;
  readonly reviewedMin: number;
  readonly recipe: Recipe;
  readonly nowMs: number;
}

/** One trigger an endpoint; setting it again replaces it. */
export async function setTrigger(store: Store, input: NewTrigger): Promise<Trigger> {
  await getEndpoint(store, input.endpoint);
  const dataset = await findDataset(store, input.dataset);
  const values = {
    dataset: dataset.id,
    reviewed_min: input.reviewedMin,
    recipe: JSON.stringify(input.recipe),
    created_at_ms: input.nowMs,
  };
  await store
    .as<LoopTables>()
    .insertInto("loop_triggers")
    .values({ endpoint: input.endpoint, ...values })
    .onConflict((on) => on.column("endpoint").doUpdateSet(values))
    .execute();
  return { endpoint: input.endpoint, dataset: dataset.id, reviewedMin: input.reviewedMin, recipe: input.recipe };
}

export async function listTriggers(db: Queries): Promise<Trigger[]> {
  const rows = await db.as<LoopTables>().selectFrom("loop_triggers").selectAll().orderBy("endpoint").execute();
  return rows.map((row) => ({
    endpoint: row.endpoint,
    dataset: row.dataset,
    reviewedMin: row.reviewed_min,
    recipe: parseRecipe(JSON.parse(row.recipe)),
  }));
}

/** Starts a turn of every endpoint whose trigger is reached and that has none under way. Safe to call at any time. */
export async function pullTriggers(store: Store, nowMs: number): Promise<Turn[]> {
  const started: Turn[] = [];
  for (const { endpoint, dataset, reviewedMin, recipe } of await listTriggers(store)) {
    const waiting = await countUntakenReviews(store, { dataset, endpoints: [endpoint] });
    if (waiting < reviewedMin) continue;
    const seed = nowMs % 2 ** 31; // another training each time, and written down with the turn
    const turn = await startTurn(store, { endpoint, dataset, recipe, seed, reviewedMin, nowMs }).catch(underWay);
    if (turn) started.push(turn);
  }
  return started;
}

function underWay(error: unknown): undefined {
  if (error instanceof Refusal && error.code === "conflict") return undefined;
  throw error;
}

/** Looks at the triggers again and again, in the server. */
export function startTriggers(
  deps: { readonly store: Store; readonly clock: Clock },
  onError: (error: unknown) => void,
): { stop(): void } {
  const timer = setInterval(
    () => void pullTriggers(deps.store, deps.clock.now()).catch(onError),
    limits.triggerEveryMs,
  );
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
