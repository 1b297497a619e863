import { allocate } from "../kernel/allocate.ts";
import { must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Currency, type Nanos, mulDivTrunc } from "../kernel/money.ts";
import { type AccountRef, type NewPosting, openAccounts, postFirstEntry } from "../ledger/index.ts";
import {
  type Invoice,
  type IssuedFacts,
  type Page,
  type PageAsk,
  type RevenueShare,
  limitOf,
  pageOf,
} from "../sell/index.ts";
import { type Queries, type Steps, query, queryOne, sql } from "../store/index.ts";
import { commissionOf } from "./share.ts";
import type { ChannelTables, CommissionRow, PartnerRow } from "./tables.ts";

/** Kinds of accounts, per partner: what commissions cost us (below zero), and what we owe the partner. */
export const commissionAccountKinds = { expense: "commission", payable: "partner_payable" } as const;

/** What a partner earned on one invoice, or gives back for its credit note (then amount and base are negative). */
export interface Commission {
  readonly id: Id<"commission">;
  readonly partner: Id<"partner">;
  readonly customer: Id<"customer">;
  readonly document: Id<"invoice"> | Id<"creditNote">;
  readonly documentNumber: number;
  readonly currency: Currency;
  readonly basisPoints: number;
  readonly baseNanos: Nanos;
  readonly amountNanos: Nanos;
  readonly reverses: Id<"commission"> | null;
  readonly earnedAtMs: number;
}

/** The hook that `sell` runs with every issued document: what the customer's partner earns by it, or loses. */
export function* payCommission(facts: IssuedFacts): Steps<void> {
  const { document } = facts;
  if (document.kind === "credit_note") yield* reverse(facts, document.credits);
  else if (facts.partner !== null) yield* earn(facts, facts.partner);
}

function* earn(facts: IssuedFacts, partner: Id<"partner">): Steps<void> {
  const { document, revenue } = facts;
  const terms = yield* queryOne<PartnerRow>(sql`select * from partners where id = ${partner}`);
  const basisPoints = must(terms, "a customer's partner exists").commission_basis_points;
  const baseNanos = netOf(document);
  const amountNanos = commissionOf(baseNanos, basisPoints);
  if (amountNanos === 0n || revenue.length === 0) return;
  yield* record(facts, { partner, basisPoints, baseNanos, amountNanos, reverses: null });
  yield* post(facts, partner, allocated(amountNanos, revenue));
}

/** Nobody earns a share of tax. */
const netOf = ({ totalNanos, taxNanos }: Invoice): Nanos => totalNanos - taxNanos;

/**
 * The mirror: the same parts, in the same dimensions, with the other sign. Of a part of the invoice as much as makes all that
 * is taken back the same share of the commission; so the parts of a whole are the whole.
 */
function* reverse(facts: IssuedFacts, invoice: Id<"invoice">): Steps<void> {
  const earned = yield* queryOne<CommissionRow>(sql`select * from commissions where document = ${invoice}`);
  if (!earned) return;
  const { id: reverses, partner, basis_points: basisPoints } = earned;
  const before = must(
    yield* queryOne<{ base_nanos: Nanos; amount_nanos: Nanos }>(sql`select
        cast(coalesce(-sum(base_nanos), 0) as bigint) as base_nanos,
        cast(coalesce(-sum(amount_nanos), 0) as bigint) as amount_nanos
      from commissions where reverses = ${reverses}`),
    "a sum has a row",
  );
  const baseNanos = -netOf(facts.document);
  const backNanos =
    mulDivTrunc(earned.amount_nanos, before.base_nanos + baseNanos, earned.base_nanos) - before.amount_nanos;
  yield* record(facts, { partner, basisPoints, baseNanos: -baseNanos, amountNanos: -backNanos, reverses });
  if (backNanos === 0n) return;
  const parts = allocated(backNanos, facts.revenue);
  yield* post(
    facts,
    partner,
    parts.map(({ share, partNanos }) => ({ share, partNanos: -partNanos })),
  );
}

interface Part {
  readonly share: RevenueShare;
  readonly partNanos: Nanos;
}

function allocated(amountNanos: Nanos, revenue: readonly RevenueShare[]): Part[] {
  const parts = allocate(
    amountNanos,
    revenue.map((share) => share.amountNanos),
  );
  return revenue.map((share, at) => ({ share, partNanos: parts[at] ?? 0n }));
}

function* record(
  { document, bookedAtMs, nowMs }: IssuedFacts,
  of: Pick<Commission, "partner" | "basisPoints" | "baseNanos" | "amountNanos" | "reverses">,
): Steps<void> {
  yield* query(sql`insert into commissions (id, partner, customer, document, document_number, currency, basis_points,
      base_nanos, amount_nanos, reverses, earned_at_ms)
    values (${newId("commission", nowMs)}, ${of.partner}, ${document.customer}, ${document.id}, ${document.number},
      ${document.currency}, ${of.basisPoints}, ${of.baseNanos}, ${of.amountNanos}, ${of.reverses}, ${bookedAtMs})`);
}

function* post(facts: IssuedFacts, partner: Id<"partner">, parts: readonly Part[]): Steps<void> {
  const { document, product, bookedAtMs, nowMs } = facts;
  const account = (kind: string): AccountRef => ({ kind, owner: partner, currency: document.currency });
  const expense = account(commissionAccountKinds.expense);
  const payable = account(commissionAccountKinds.payable);
  yield* openAccounts([expense, payable]);
  const postings = parts
    .filter(({ partNanos }) => partNanos !== 0n)
    .flatMap(({ share: { model, release }, partNanos }): NewPosting[] => [
      { account: expense, amountNanos: -partNanos, dimensions: { model, release } },
      { account: payable, amountNanos: partNanos, dimensions: { model, release } },
    ]);
  const dimensions = { product, customer: document.customer, partner };
  yield* postFirstEntry({ kind: "commission", cause: document.id, atMs: bookedAtMs, nowMs, dimensions, postings });
}

/** Newest first; all partners', or one's. */
export async function listCommissions(
  db: Queries,
  ask: PageAsk & { readonly partner?: Id<"partner"> } = {},
): Promise<Page<Commission>> {
  const limit = limitOf(ask);
  let found = db.as<ChannelTables>().selectFrom("commissions").selectAll();
  if (ask.partner) found = found.where("partner", "=", ask.partner);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"commission">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toCommission,
  );
}

export const toCommission = (row: CommissionRow): Commission => ({
  id: row.id,
  partner: row.partner,
  customer: row.customer,
  document: row.document,
  documentNumber: row.document_number,
  currency: row.currency,
  basisPoints: row.basis_points,
  baseNanos: row.base_nanos,
  amountNanos: row.amount_nanos,
  reverses: row.reverses,
  earnedAtMs: row.earned_at_ms,
});
