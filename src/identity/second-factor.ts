import { randomBytes } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { keyedHash } from "../kernel/hash.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { Secret } from "../kernel/secret.ts";
import { type BoxKey, seal, unseal } from "../kernel/secret-box.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";
import type { UserRow } from "./tables.ts";
import { base32, fromBase32, newTotpSecret, otpauthUrl, stepOf } from "./totp.ts";
import type { User } from "./user.ts";

const boxOf = (pepper: Secret): BoxKey => ({ pepper, purpose: "totp" });

interface OfUser {
  readonly user: User;
  readonly pepper: Secret;
}

/** A new secret for an authenticator app; it counts when its first code has come. Refusal `conflict` if there is one. */
export async function startTotp(db: Queries, ask: OfUser): Promise<{ secret: Secret; otpauthUrl: string }> {
  const { user, pepper } = ask;
  if (user.hasTotp)
    throw new Refusal("conflict", "There is an authenticator app already.", { hint: "Remove it first." });
  const text = newTotpSecret();
  const box = seal(boxOf(pepper), user.id, new Secret(text));
  await db.perform(query(sql`update users set totp_offered_box = ${box} where id = ${user.id}`));
  return { secret: new Secret(text), otpauthUrl: otpauthUrl(text, "Millrace", user.email ?? user.name) };
}

/** The first code proves that the app has the secret. Gives the recovery codes, once. Runs in a transaction. */
export async function confirmTotp(
  tx: Queries,
  ask: OfUser & { readonly code: string; readonly nowMs: number },
): Promise<{ recoveryCodes: readonly Secret[] }> {
  const { user, pepper, nowMs } = ask;
  const row = await tx.perform(
    queryOne<Pick<UserRow, "totp_offered_box">>(sql`select totp_offered_box from users where id = ${user.id}`),
  );
  const secret = row?.totp_offered_box && unseal(boxOf(pepper), user.id, row.totp_offered_box);
  if (!secret)
    throw new Refusal("conflict", "No authenticator app waits for its first code.", { hint: "Start again." });
  const step = stepOf(fromBase32(secret.reveal()), plain(ask.code), nowMs);
  if (step === undefined) throw wrongCode();
  await tx.perform(
    query(sql`update users set totp_box = totp_offered_box, totp_offered_box = null, totp_step = ${step}
      where id = ${user.id}`),
  );
  return { recoveryCodes: await newRecoveryCodes(tx, ask) };
}

export const wrongCode = (): Refusal =>
  new Refusal("invalid_key", "The code is wrong, or was used already.", { param: "code" });

/** The old ones are useless from now on. */
async function newRecoveryCodes(tx: Queries, { user, pepper }: OfUser): Promise<readonly Secret[]> {
  await tx.perform(query(sql`delete from recovery_codes where user_id = ${user.id}`));
  const codes = Array.from({ length: limits.recoveryCodes }, () => base32(randomBytes(10)).toLowerCase());
  for (const code of codes) {
    await tx.perform(
      query(sql`insert into recovery_codes (code_hash, user_id) values (${hashOf(code, user.id, pepper)}, ${user.id})`),
    );
  }
  return codes.map((code) => new Secret(`${code.slice(0, 8)}-${code.slice(8)}`));
}

/** Takes a code of the app, each once, or a recovery code, which is used up. */
export async function takeCode(
  db: Queries,
  ask: OfUser & { readonly code: string; readonly nowMs: number },
): Promise<boolean> {
  const { user, pepper } = ask;
  const code = plain(ask.code);
  if (code.length > 6) {
    const hash = hashOf(code, user.id, pepper);
    const taken = await db.perform(
      query(sql`delete from recovery_codes where code_hash = ${hash} and user_id = ${user.id} returning user_id`),
    );
    return taken.length === 1;
  }
  const row = await db.perform(
    queryOne<Pick<UserRow, "totp_box">>(sql`select totp_box from users where id = ${user.id}`),
  );
  const secret = row?.totp_box && unseal(boxOf(pepper), user.id, row.totp_box);
  const step = secret && stepOf(fromBase32(secret.reveal()), code, ask.nowMs);
  if (!step) return false;
  const first = await db.perform(
    query(sql`update users set totp_step = ${step} where id = ${user.id}
      and (totp_step is null or totp_step < ${step}) returning id`),
  );
  return first.length === 1;
}

export async function removeTotp(tx: Queries, user: Id<"user">): Promise<void> {
  await tx.perform(
    query(sql`update users set totp_box = null, totp_offered_box = null, totp_step = null where id = ${user}`),
  );
  await tx.perform(query(sql`delete from recovery_codes where user_id = ${user}`));
}

const plain = (code: string): string => code.replace(/[\s-]/g, "").toLowerCase();

const hashOf = (code: string, user: Id<"user">, pepper: Secret): string =>
  keyedHash(pepper.reveal(), `recovery:${user}:${code}`);
