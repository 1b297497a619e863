import { randomBytes } from "node:crypto";
import { Refusal, notFound } from "../kernel/errors.ts";
import { equalInConstantTime, keyedHash } from "../kernel/hash.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { Secret } from "../kernel/secret.ts";
import type { Queries } from "../store/index.ts";

interface OperatorTables {
  operator_keys: {
    id: Id<"operatorKey">;
    name: string;
    secret_hash: string;
    last_four: string;
    created_at_ms: number;
    revoked_at_ms: number | null;
  };
}

/** Makes a key for the team's plane. The secret is given once and only its keyed hash is kept. */
export async function createOperatorKey(
  db: Queries,
  input: { readonly name: string; readonly pepper: Secret; readonly nowMs: number },
): Promise<{ id: Id<"operatorKey">; secret: Secret }> {
  const text = `mo_${randomBytes(24).toString("base64url")}`;
  const id = newId("operatorKey", input.nowMs);
  const row = {
    id,
    name: input.name,
    secret_hash: keyedHash(input.pepper.reveal(), text),
    last_four: text.slice(-4),
    created_at_ms: input.nowMs,
    revoked_at_ms: null,
  };
  await db.as<OperatorTables>().insertInto("operator_keys").values(row).execute();
  return { id, secret: new Secret(text) };
}

export async function revokeOperatorKey(db: Queries, id: string, nowMs: number): Promise<void> {
  const changed = await db
    .as<OperatorTables>()
    .updateTable("operator_keys")
    .set({ revoked_at_ms: nowMs })
    .where("id", "=", id as Id<"operatorKey">)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) throw notFound("operator key", id);
}

/** Refuses unknown, revoked and malformed keys with the same words. */
export async function authorizeOperator(
  deps: { readonly store: Queries; readonly pepper: Secret },
  secret: string,
): Promise<Id<"operatorKey">> {
  const hash = keyedHash(deps.pepper.reveal(), secret);
  const row = await deps.store
    .as<OperatorTables>()
    .selectFrom("operator_keys")
    .select(["id", "secret_hash"])
    .where("secret_hash", "=", hash)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirst();
  if (!row || !equalInConstantTime(row.secret_hash, hash)) {
    throw new Refusal("invalid_key", "This needs a valid operator key.", {
      hint: "Send it as Authorization: Bearer mo_…; `millrace operator-key create` makes one.",
    });
  }
  return row.id;
}
