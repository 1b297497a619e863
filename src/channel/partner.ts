import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "../sell/index.ts";
import { type Queries, queryOne, sql } from "../store/index.ts";
import type { ChannelTables, PartnerRow } from "./tables.ts";

/** How a partner reaches customers. */
export type Channel = "direct" | "referral" | "reseller" | "white_label" | "marketplace" | "joint_venture";

/** What each channel can do so far: undefined, or why it is refused. */
const refusals: { readonly [C in Channel]: string | undefined } = {
  referral: undefined,
  direct: "A direct customer has no partner; leave the partner out.",
  reseller: "Resellers set prices of their own, which is not supported yet.",
  white_label: "White-label partners sell under their own name, which is not supported yet.",
  marketplace: "Marketplaces collect the payment themselves, which is not supported yet.",
  joint_venture: "Joint ventures share profit instead of revenue, which is not supported yet.",
};

export const channels = Object.keys(refusals) as readonly Channel[];

export interface Partner {
  readonly id: Id<"partner">;
  readonly name: string;
  readonly channel: Channel;
  /** Hundredths of a percent of what the partner's customers are invoiced. */
  readonly commissionBasisPoints: number;
  readonly createdAtMs: number;
}

export interface NewPartner {
  readonly name: string;
  readonly channel: Channel;
  readonly commissionBasisPoints: number;
  readonly nowMs: number;
}

export async function createPartner(db: Queries, input: NewPartner): Promise<Partner> {
  const { name, channel, commissionBasisPoints: share, nowMs } = input;
  if (name.trim() === "" || name.length > limits.nameCharsMax) {
    throw new Refusal("invalid_request", `A name has 1 to ${limits.nameCharsMax} characters.`, { param: "name" });
  }
  if (!channels.includes(channel)) {
    throw new Refusal("invalid_request", `"${channel}" is not one of ${channels.join(", ")}.`, { param: "channel" });
  }
  const refusal = refusals[channel];
  if (refusal) throw new Refusal("invalid_request", refusal, { param: "channel", hint: 'Use the channel "referral".' });
  if (!Number.isInteger(share) || share < 0 || share > limits.commissionBasisPointsMax) {
    throw new Refusal("invalid_request", "A commission is 0 to 10,000 basis points (100 %).", {
      param: "commission_basis_points",
    });
  }
  const row = await db.perform(
    queryOne<PartnerRow>(sql`insert into partners (id, name, channel, commission_basis_points, created_at_ms)
      values (${newId("partner", nowMs)}, ${name}, ${channel}, ${share}, ${nowMs}) on conflict do nothing returning *`),
  );
  if (!row) throw new Refusal("conflict", `There is a partner "${name}" already.`, { param: "name" });
  return toPartner(row);
}

export async function getPartner(db: Queries, id: string): Promise<Partner> {
  const table = db.as<ChannelTables>().selectFrom("partners").selectAll();
  const row = await table.where("id", "=", id as Id<"partner">).executeTakeFirst();
  if (!row) throw notFound("partner", id);
  return toPartner(row);
}

export async function listPartners(db: Queries, ask: PageAsk = {}): Promise<Page<Partner>> {
  const limit = limitOf(ask);
  let found = db.as<ChannelTables>().selectFrom("partners").selectAll();
  if (ask.before) found = found.where("id", "<", ask.before as Id<"partner">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toPartner,
  );
}

const toPartner = (row: PartnerRow): Partner => ({
  id: row.id,
  name: row.name,
  channel: row.channel,
  commissionBasisPoints: row.commission_basis_points,
  createdAtMs: row.created_at_ms,
});
