import { sql } from "kysely";
import type { Currency, Nanos } from "../../kernel/money.ts";
import type { Queries } from "../../store/index.ts";
import type { Dimensions } from "../entry.ts";
import type { LedgerTables } from "../tables.ts";

export interface DimensionTotal extends Dimensions {
  /** The kind of account. */
  readonly kind: string;
  readonly currency: Currency;
  readonly amountNanos: Nanos;
}

export interface TotalsQuery {
  /** Kinds of accounts. */
  readonly kinds: readonly string[];
  /** Half open, by the time of the entry. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly customer?: string;
  readonly partner?: string;
}

/** Postings summed by account kind, currency and every dimension, for tests. */
export async function totalsByDimensions(db: Queries, ask: TotalsQuery): Promise<DimensionTotal[]> {
  if (ask.kinds.length === 0) return [];
  let found = db
    .as<LedgerTables>()
    .selectFrom("ledger_postings as p")
    .innerJoin("ledger_accounts as a", "a.id", "p.account")
    .where("a.kind", "in", ask.kinds)
    .where("p.at_ms", ">=", ask.fromMs)
    .where("p.at_ms", "<", ask.toMs);
  if (ask.customer !== undefined) found = found.where("p.customer", "=", ask.customer);
  if (ask.partner !== undefined) found = found.where("p.partner", "=", ask.partner);
  const dimensions = ["p.product", "p.model", "p.release", "p.customer", "p.partner"] as const;
  const rows = await found
    .select(["a.kind", "a.currency", ...dimensions, sql<Nanos>`sum(p.amount_nanos)`.as("amount_nanos")])
    .groupBy(["a.kind", "a.currency", ...dimensions])
    .orderBy("a.kind")
    .orderBy("p.customer")
    .orderBy("p.model")
    .execute();
  return rows.map(({ kind, currency, product, model, release, customer, partner, amount_nanos: amountNanos }) => {
    return { kind, currency, product, model, release, customer, partner, amountNanos };
  });
}
