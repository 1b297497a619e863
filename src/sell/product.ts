import { Refusal, notFound } from "../kernel/errors.ts";
import { type Id, newId } from "../kernel/ids.ts";
import { type Queries, queryOne, sql } from "../store/index.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "./page.ts";
import type { ProductRow, SellTables } from "./tables.ts";
import { assertName } from "./words.ts";

export interface Product {
  readonly id: Id<"product">;
  readonly name: string;
  /** The name of the public endpoint it sells. */
  readonly endpoint: string;
  readonly createdAtMs: number;
}

export async function createProduct(
  db: Queries,
  input: { readonly name: string; readonly endpoint: string; readonly nowMs: number },
): Promise<Product> {
  const { name, endpoint, nowMs } = input;
  assertName(name);
  assertName(endpoint, "endpoint");
  const row = await db.perform(
    queryOne<ProductRow>(sql`insert into products (id, name, endpoint, created_at_ms)
      values (${newId("product", nowMs)}, ${name}, ${endpoint}, ${nowMs}) on conflict do nothing returning *`),
  );
  if (!row) throw new Refusal("conflict", `There is a product "${name}" already.`, { param: "name" });
  return toProduct(row);
}

export async function getProduct(db: Queries, id: string): Promise<Product> {
  const table = db.as<SellTables>().selectFrom("products").selectAll();
  const row = await table.where("id", "=", id as Id<"product">).executeTakeFirst();
  if (!row) throw notFound("product", id);
  return toProduct(row);
}

export async function listProducts(db: Queries, ask: PageAsk = {}): Promise<Page<Product>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("products").selectAll();
  if (ask.before) found = found.where("id", "<", ask.before as Id<"product">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toProduct,
  );
}

const toProduct = (row: ProductRow): Product => ({
  id: row.id,
  name: row.name,
  endpoint: row.endpoint,
  createdAtMs: row.created_at_ms,
});
