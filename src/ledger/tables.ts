import type { Currency, Nanos } from "../kernel/money.ts";
import type { Id } from "../kernel/ids.ts";

/** Rows as they are stored, for Kysely. */
export interface LedgerTables {
  ledger_accounts: AccountRow;
  ledger_entries: EntryRow;
  ledger_postings: PostingRow;
  ledger_holds: HoldRow;
}

export interface AccountRow {
  id: Id<"account">;
  kind: string;
  owner: string;
  currency: Currency;
  balance_nanos: Nanos;
  held_nanos: Nanos;
  credit_limit_nanos: Nanos | null;
}

export interface EntryRow {
  id: Id<"entry">;
  kind: string;
  cause: string;
  at_ms: number;
  posted_at_ms: number;
}

export interface PostingRow {
  entry: Id<"entry">;
  position: number;
  account: Id<"account">;
  amount_nanos: Nanos;
  at_ms: number;
  product: string | null;
  model: string | null;
  release: string | null;
  customer: string | null;
  partner: string | null;
}

export type HoldState = "open" | "taken" | "released" | "expired";

export interface HoldRow {
  id: Id<"hold">;
  account: Id<"account">;
  amount_nanos: Nanos;
  owner: string;
  detail: string;
  state: HoldState;
  expires_at_ms: number;
  placed_at_ms: number;
  closed_at_ms: number | null;
  /** Somebody was refused who could have what lies unused in it. */
  wanted_at_ms: number | null;
}
