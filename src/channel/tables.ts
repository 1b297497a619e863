import type { Id } from "../kernel/ids.ts";
import type { Currency, Nanos } from "../kernel/money.ts";
import type { Channel } from "./partner.ts";

/** Rows as they are stored, for Kysely. */
export interface ChannelTables {
  partners: PartnerRow;
  attributions: AttributionRow;
  commissions: CommissionRow;
}

export interface PartnerRow {
  id: Id<"partner">;
  name: string;
  channel: Channel;
  commission_basis_points: number;
  created_at_ms: number;
}

export interface AttributionRow {
  id: Id<"attribution">;
  customer: Id<"customer">;
  partner: Id<"partner">;
  reason: string;
  attributed_at_ms: number;
}

export interface CommissionRow {
  id: Id<"commission">;
  partner: Id<"partner">;
  customer: Id<"customer">;
  /** The invoice or credit note it is tied to. */
  document: Id<"invoice"> | Id<"creditNote">;
  document_number: number;
  currency: Currency;
  basis_points: number;
  base_nanos: Nanos;
  amount_nanos: Nanos;
  reverses: Id<"commission"> | null;
  earned_at_ms: number;
}
