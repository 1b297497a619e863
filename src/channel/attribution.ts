import { Refusal, must } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Page, type PageAsk, getCustomer, limitOf, pageOf, setCustomerPartner } from "../sell/index.ts";
import { type Queries, type Steps, queryOne, sql } from "../store/index.ts";
import { getPartner } from "./partner.ts";
import type { AttributionRow, ChannelTables } from "./tables.ts";

/** The recorded reason why a customer belongs to a partner. */
export interface Attribution {
  readonly id: Id<"attribution">;
  readonly customer: Id<"customer">;
  readonly partner: Id<"partner">;
  readonly reason: string;
  readonly attributedAtMs: number;
}

export interface NamedAttribution extends Attribution {
  readonly customerName: string;
  readonly partnerName: string;
}

export interface NewAttribution {
  readonly customer: Id<"customer">;
  readonly partner: Id<"partner">;
  /** How it is known: a referral link, a contract, a mail. */
  readonly reason: string;
  readonly nowMs: number;
}

/** The first touch sticks: a later one changes nothing and is told which stands. */
export async function attributeCustomer(
  db: Queries,
  input: NewAttribution,
): Promise<{ readonly state: "attributed" | "already"; readonly attribution: Attribution }> {
  if (input.reason.trim() === "" || input.reason.length > limits.commentCharsMax) {
    throw new Refusal("invalid_request", "An attribution needs a reason.", { param: "reason" });
  }
  await getCustomer(db, input.customer);
  await getPartner(db, input.partner);
  const { state, row } = await db.perform(attribute(input));
  return { state, attribution: toAttribution(row) };
}

function* attribute(input: NewAttribution): Steps<{ state: "attributed" | "already"; row: AttributionRow }> {
  const { customer, partner, reason, nowMs } = input;
  const row =
    yield* queryOne<AttributionRow>(sql`insert into attributions (id, customer, partner, reason, attributed_at_ms)
    values (${newId("attribution", nowMs)}, ${customer}, ${partner}, ${reason}, ${nowMs})
    on conflict do nothing returning *`);
  if (row) {
    yield* setCustomerPartner({ customer, partner });
    return { state: "attributed", row };
  }
  const standing = yield* queryOne<AttributionRow>(sql`select * from attributions where customer = ${customer}`);
  return { state: "already", row: must(standing, "an attribution that conflicts stands") };
}

export async function getAttribution(db: Queries, customer: Id<"customer">): Promise<Attribution | undefined> {
  const table = db.as<ChannelTables>().selectFrom("attributions").selectAll();
  const row = await table.where("customer", "=", customer).executeTakeFirst();
  return row && toAttribution(row);
}

/** With the names of both sides, newest first; of one partner or of all. */
export async function listAttributions(
  db: Queries,
  ask: PageAsk & { readonly partner?: string | undefined } = {},
): Promise<Page<NamedAttribution>> {
  const limit = limitOf(ask);
  let found = db
    .as<ChannelTables & { customers: { id: string; name: string } }>()
    .selectFrom("attributions")
    .innerJoin("customers", "customers.id", "attributions.customer")
    .innerJoin("partners", "partners.id", "attributions.partner")
    .selectAll("attributions")
    .select(["customers.name as customer_name", "partners.name as partner_name"]);
  if (ask.partner) found = found.where("attributions.partner", "=", ask.partner as Id<"partner">);
  if (ask.before) found = found.where("attributions.id", "<", ask.before as Id<"attribution">);
  const rows = await found
    .orderBy("attributions.id", "desc")
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => ({
    ...toAttribution(row),
    customerName: row.customer_name,
    partnerName: row.partner_name,
  }));
}

const toAttribution = (row: AttributionRow): Attribution => ({
  id: row.id,
  customer: row.customer,
  partner: row.partner,
  reason: row.reason,
  attributedAtMs: row.attributed_at_ms,
});
