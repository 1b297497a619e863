import type { Id } from "../../kernel/ids.ts";
import type { Nanos } from "../../kernel/money.ts";

/** What a budget is for. */
export const budgetScopes = ["customer", "key", "product", "end_user"] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** For how long its amount is: each calendar month, each day, or once and for all. */
export const budgetCycles = ["month", "day", "total"] as const;
export type BudgetCycle = (typeof budgetCycles)[number];

/** Hard refuses what it has no room for; soft only tells. */
export const budgetModes = ["hard", "soft"] as const;
export type BudgetMode = (typeof budgetModes)[number];

export interface BudgetRow {
  id: Id<"budget">;
  customer: Id<"customer">;
  scope: BudgetScope;
  /** The id of what it is for, or the end user; `*` for each end user that has none of its own. */
  subject: string;
  every: BudgetCycle;
  mode: BudgetMode;
  amount_nanos: Nanos;
  alert_percent: number | null;
  time_zone: string;
  set_by: "operator" | "customer";
  created_at_ms: number;
  ended_at_ms: number | null;
}

export interface BudgetWindowRow {
  budget: Id<"budget">;
  /** Of a budget for end users; empty of the others. */
  end_user: string;
  start_ms: number;
  end_ms: number;
  spent_nanos: Nanos;
  held_nanos: Nanos;
  /** 1: its alert was told; 2: that it is reached. */
  told: number;
}
