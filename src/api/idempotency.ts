import { Refusal } from "../kernel/errors.ts";
import { canonicalJson, sha256 } from "../kernel/hash.ts";
import { isUniqueViolation } from "../store/index.ts";
import type { ApiDeps } from "./deps.ts";
import type { Call, Route } from "./route.ts";

interface IdempotencyTables {
  idempotency_records: {
    scope: string;
    idempotency_key: string;
    request_hash: string;
    state: "working" | "done";
    answer: string | null;
    created_at_ms: number;
  };
}

type AnyCall = Call<unknown, unknown, unknown>;

/**
 * Runs a handler once for each Idempotency-Key: a replay returns the first answer, another body with the same key is
 * refused. A handler that fails gives its key back, so the caller may try again.
 */
export async function withIdempotency(deps: ApiDeps, route: Route, call: AnyCall): Promise<unknown> {
  if (call.idempotencyKey === undefined || route.method !== "POST" || route.ownIdempotency) return route.handle(call);
  const scope = scopeOf(route, call);
  if (scope === undefined) return route.handle(call);
  const record = {
    scope,
    idempotency_key: call.idempotencyKey,
    request_hash: sha256(canonicalJson([route.path, call.params, call.body])),
  };
  const first = await claim(deps, record);
  if (!first) return replay(deps, record);
  const table = deps.store.as<IdempotencyTables>();
  const mine = <T extends { where(column: "scope" | "idempotency_key", op: "=", value: string): T }>(query: T): T =>
    query.where("scope", "=", record.scope).where("idempotency_key", "=", record.idempotency_key);
  try {
    const answer = await route.handle(call);
    const text = JSON.stringify(answer);
    await mine(table.updateTable("idempotency_records").set({ state: "done", answer: text })).execute();
    return answer;
  } catch (error) {
    await mine(table.deleteFrom("idempotency_records")).execute();
    throw error;
  }
}

/** A key's secret or a user: nobody gets another's answers. Who is not known has no answers to come back to. */
function scopeOf({ who }: Route, { actor, secret }: AnyCall): string | undefined {
  if (actor.kind === "user") return sha256(`${who}:${actor.user.id}`);
  return secret === "" ? undefined : sha256(`${who}:${secret}`);
}

interface Claim {
  readonly scope: string;
  readonly idempotency_key: string;
  readonly request_hash: string;
}

async function claim(deps: ApiDeps, record: Claim): Promise<boolean> {
  const row = { ...record, state: "working" as const, answer: null, created_at_ms: deps.clock.now() };
  try {
    await deps.store.as<IdempotencyTables>().insertInto("idempotency_records").values(row).execute();
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

async function replay(deps: ApiDeps, record: Claim): Promise<unknown> {
  const row = await deps.store
    .as<IdempotencyTables>()
    .selectFrom("idempotency_records")
    .selectAll()
    .where("scope", "=", record.scope)
    .where("idempotency_key", "=", record.idempotency_key)
    .executeTakeFirst();
  if (row && row.request_hash !== record.request_hash) {
    throw new Refusal("idempotency_mismatch", "This Idempotency-Key was used with another body.", {
      param: "Idempotency-Key",
      hint: "Use a new key for a new request.",
    });
  }
  if (!row?.answer) {
    throw new Refusal("conflict", "The first request with this Idempotency-Key is still working.", {
      param: "Idempotency-Key",
      hint: "Ask again in a moment.",
    });
  }
  return JSON.parse(row.answer) as unknown;
}
