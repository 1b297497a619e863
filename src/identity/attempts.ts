import { dayMs } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { keyedHash } from "../kernel/hash.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import type { AttemptRow } from "./tables.ts";

/** How often somebody may fail, and how long it waits then: twice as long with each further failure. */
interface Rule {
  /** Failures without a wait. */
  readonly free: number;
  readonly firstWaitMs: number;
  readonly mostWaitMs: number;
  /** After so long without a failure the count begins anew. */
  readonly forgetMs: number;
}

/** What is counted: failures against one account from anywhere, and all of one address. */
const rules = {
  account: { free: 5, firstWaitMs: 1_000, mostWaitMs: 300_000, forgetMs: dayMs },
  address: { free: 30, firstWaitMs: 1_000, mostWaitMs: 300_000, forgetMs: 3_600_000 },
} as const satisfies { readonly [kind: string]: Rule };

export interface Guarded {
  readonly kind: keyof typeof rules;
  /** An e-mail address as it is compared, or an IP address. */
  readonly name: string;
}

export interface Attempt {
  readonly guarded: readonly Guarded[];
  readonly pepper: Secret;
  readonly nowMs: number;
}

/**
 * Counts a failure before anything is compared, so that guesses sent all at once count as well; `forgive` takes it back.
 * The counts stand in the database: replicas share them. Refusal `rate_limited` with the time to wait, and then nothing
 * is counted and must not be compared.
 */
export async function claimAttempt(db: Queries, { guarded, pepper, nowMs }: Attempt): Promise<void> {
  await db.perform(claimAll(guarded, pepper, nowMs));
}

function* claimAll(guarded: readonly Guarded[], pepper: Secret, nowMs: number): Steps<void> {
  for (const { kind, name } of guarded) yield* claim(bucketOf(kind, name, pepper), rules[kind], nowMs);
}

function* claim(bucket: string, rule: Rule, nowMs: number): Steps<void> {
  const counted = yield* queryOne<Pick<AttemptRow, "failures">>(
    sql`insert into attempts (bucket, failures, last_at_ms, blocked_until_ms) values (${bucket}, 1, ${nowMs}, 0)
      on conflict (bucket) do update set
        failures = case when attempts.last_at_ms < ${nowMs - rule.forgetMs} then 1 else attempts.failures + 1 end,
        last_at_ms = ${nowMs}
      where attempts.blocked_until_ms <= ${nowMs} returning failures`,
  );
  if (!counted) {
    const row = yield* queryOne<Pick<AttemptRow, "blocked_until_ms">>(
      sql`select blocked_until_ms from attempts where bucket = ${bucket}`,
    );
    throw tooMany(Math.max(1, (row?.blocked_until_ms ?? nowMs) - nowMs));
  }
  const waitMs = waitAfter(rule, counted.failures);
  if (waitMs > 0) yield* query(sql`update attempts set blocked_until_ms = ${nowMs + waitMs} where bucket = ${bucket}`);
}

/** 0 for the free ones, then first, 2·first, 4·first, … up to the most. */
export function waitAfter({ free, firstWaitMs, mostWaitMs }: Rule, failures: number): number {
  return failures <= free ? 0 : Math.min(mostWaitMs, firstWaitMs * 2 ** Math.min(failures - free - 1, 30));
}

const tooMany = (waitMs: number): Refusal =>
  new Refusal("rate_limited", "Too many attempts.", {
    hint: "Wait as long as Retry-After says.",
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });

/** It was no failure: an account's count begins anew, an address's is one less, so that nobody pays for its neighbours. */
export async function forgive(db: Queries, { guarded, pepper }: Omit<Attempt, "nowMs">): Promise<void> {
  for (const { kind, name } of guarded) {
    const bucket = bucketOf(kind, name, pepper);
    const back = forgiveness[kind](bucket);
    await db.perform(query(back));
  }
}

/** Neither a failure nor a success: one less for all that were counted. */
export async function refund(db: Queries, { guarded, pepper }: Omit<Attempt, "nowMs">): Promise<void> {
  for (const { kind, name } of guarded) await db.perform(query(oneLess(bucketOf(kind, name, pepper))));
}

const oneLess = (bucket: string) =>
  sql`update attempts set failures = failures - 1, blocked_until_ms = 0 where bucket = ${bucket} and failures > 0`;

const forgiveness = {
  account: (bucket: string) => sql`delete from attempts where bucket = ${bucket}`,
  address: oneLess,
} satisfies { readonly [K in Guarded["kind"]]: unknown };

/** One bucket for an IPv6 network of 64 bits: one person has as many addresses of it as it likes. */
function bucketOf(kind: Guarded["kind"], name: string, pepper: Secret): string {
  return keyedHash(pepper.reveal(), `attempts:${kind}:${kind === "address" ? networkOf(name) : name}`);
}

export function networkOf(address: string): string {
  const [plain = ""] = address.toLowerCase().split("%");
  if (plain.startsWith("::ffff:") && plain.includes(".")) return plain.slice(7);
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
