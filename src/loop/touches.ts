import type { Id } from "../kernel/ids.ts";
import type { SellTables } from "../sell/index.ts";
import type { Queries } from "../store/index.ts";

/** Whom a change of champion reaches: the customers subscribed to a product of the endpoint, and their partners. */
export interface Touches {
  readonly customers: readonly { readonly id: Id<"customer">; readonly name: string }[];
  readonly partners: readonly Id<"partner">[];
}

export async function touchedBy(db: Queries, endpoint: string): Promise<Touches> {
  const rows = await db
    .as<SellTables>()
    .selectFrom("subscriptions")
    .innerJoin("products", "products.id", "subscriptions.product")
    .innerJoin("customers", "customers.id", "subscriptions.customer")
    .select(["customers.id", "customers.name", "customers.partner"])
    .distinct()
    .where("products.endpoint", "=", endpoint)
    .orderBy("customers.id")
    .execute();
  return {
    customers: rows.map(({ id, name }) => ({ id, name })),
    partners: [...new Set(rows.flatMap(({ partner }) => (partner ? [partner] : [])))],
  };
}
