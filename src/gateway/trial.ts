import { Refusal } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import type { InputKind } from "../models/index.ts";
import type { PredictionOutput } from "../serve/index.ts";
import { getEndpoint } from "../serve/index.ts";
import { query, sql } from "../store/index.ts";
import type { Gateway } from "./gateway.ts";

export interface TrialAsk {
  readonly product: Id<"product">;
  readonly endpoint: string;
  readonly input: string;
  readonly inputKind?: InputKind | undefined;
  readonly signal: AbortSignal;
}

export interface Trial {
  readonly id: Id<"trial">;
  readonly model: Id<"model">;
  readonly output: PredictionOutput;
}

/**
 * A visitor's answer, for nothing: the champion's, computed here, never an upstream's, which would cost. It is no prediction:
 * no customer, no usage event, no posting, and the input is not kept; that it happened is. Whoever calls has counted it.
 */
export async function answerTrial(gateway: Gateway, ask: TrialAsk): Promise<Trial> {
  const { store, serving, clock } = gateway.deps;
  const champion = await championOf(gateway, ask.endpoint);
  const how = { signal: ask.signal, kind: ask.inputKind };
  const { output, computeMs } = await serving.infer(champion.model, ask.input, how);
  const id = newId("trial", clock.now());
  await store.perform(
    query(sql`insert into trials (id, product, model, release_id, compute_ms, created_at_ms)
      values (${id}, ${ask.product}, ${champion.model}, ${champion.release}, ${computeMs}, ${clock.now()})`),
  );
  return { id, model: champion.model, output };
}

async function championOf(
  { deps }: Gateway,
  endpoint: string,
): Promise<{ readonly model: Id<"model">; readonly release: Id<"release"> }> {
  try {
    const { champion } = await getEndpoint(deps.store, endpoint);
    return { model: champion.model, release: champion.id };
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found")
      throw new Refusal("conflict", "This product cannot be tried here: no model of our own answers for it.");
    throw error;
  }
}
