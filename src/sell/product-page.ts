import { Refusal, notFound } from "../kernel/errors.ts";
import type { Id } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";
import { getPlan } from "./plan.ts";
import { type Product, getProduct } from "./product.ts";
import type { ProductRow } from "./tables.ts";

/** What the world sees of a product. One without a page, or whose page is not shown, the world does not see. */
export interface ProductPage {
  readonly product: Product;
  readonly shown: boolean;
  /** Plain text. */
  readonly description: string;
  /** Inputs that a visitor may begin with. */
  readonly examples: readonly string[];
  /** How often one address may try it in a day; 0 is never. */
  readonly triesPerDay: number;
  /** The plan that a stranger who signs up is put on; null: nobody signs up by itself. */
  readonly signUpPlan: Id<"plan"> | null;
  /** The quota of the key that it gets; null is none. */
  readonly signUpUnits: number | null;
}

export interface ProductPageInput {
  readonly product: string;
  readonly shown: boolean;
  readonly description: string;
  readonly examples: readonly string[];
  readonly triesPerDay: number;
  readonly signUpPlan: string | null;
  readonly signUpUnits: number | null;
  readonly nowMs: number;
}

interface PageRow extends ProductRow {
  shown: number;
  description: string;
  examples: string;
  tries_per_day: number;
  sign_up_plan: Id<"plan"> | null;
  sign_up_units: number | null;
}

/** Refusals: `conflict` for a plan that is another product's or is not offered. */
export async function setProductPage(db: Queries, input: ProductPageInput): Promise<ProductPage> {
  const product = await getProduct(db, input.product);
  if (input.description.length > limits.productDescriptionCharsMax || input.examples.length > limits.productExamplesMax)
    throw new Refusal("too_large", "The description is too long, or there are too many examples.");
  if (input.signUpPlan !== null) {
    const plan = await getPlan(db, input.signUpPlan);
    if (plan.product !== product.id || !plan.offered)
      throw new Refusal("conflict", "Who signs up gets a plan of this product that is offered.", {
        param: "sign_up_plan",
      });
  }
  const shown = input.shown ? 1 : 0;
  const examples = JSON.stringify(input.examples);
  const { description, triesPerDay, signUpPlan, signUpUnits, nowMs } = input;
  await db.perform(
    query(sql`insert into product_pages
        (product, shown, description, examples, tries_per_day, sign_up_plan, sign_up_units, updated_at_ms)
      values (${product.id}, ${shown}, ${description}, ${examples}, ${triesPerDay}, ${signUpPlan}, ${signUpUnits}, ${nowMs})
      on conflict (product) do update set shown = excluded.shown, description = excluded.description,
        examples = excluded.examples, tries_per_day = excluded.tries_per_day, sign_up_plan = excluded.sign_up_plan,
        sign_up_units = excluded.sign_up_units, updated_at_ms = excluded.updated_at_ms`),
  );
  return getProductPage(db, product.id);
}

/** For the team: a product without a page has an empty one that is not shown. */
export async function getProductPage(db: Queries, id: string): Promise<ProductPage> {
  const product = await getProduct(db, id);
  const row = await db.perform(
    queryOne<PageRow>(sql`select products.*, shown, description, examples, tries_per_day, sign_up_plan, sign_up_units
      from products join product_pages on product_pages.product = products.id where products.id = ${product.id}`),
  );
  const empty = { shown: false, description: "", examples: [], triesPerDay: 0, signUpPlan: null, signUpUnits: null };
  return row ? toPage(row) : { product, ...empty };
}

/** For everybody: by its name or id; what is not shown is not found. */
export async function getShownPage(db: Queries, name: string): Promise<ProductPage> {
  const row = await db.perform(
    queryOne<PageRow>(sql`select products.*, shown, description, examples, tries_per_day, sign_up_plan, sign_up_units
      from products join product_pages on product_pages.product = products.id
      where shown = 1 and (products.name = ${name} or products.id = ${name}) order by products.id limit 1`),
  );
  if (!row) throw notFound("product", name);
  return toPage(row);
}

/** Newest first; at most `limits.listMax`. */
export async function listShownPages(db: Queries): Promise<ProductPage[]> {
  const rows = await db.perform(
    query<PageRow>(sql`select products.*, shown, description, examples, tries_per_day, sign_up_plan, sign_up_units
      from products join product_pages on product_pages.product = products.id
      where shown = 1 order by products.id desc limit ${limits.listMax}`),
  );
  return rows.map(toPage);
}

const toPage = (row: PageRow): ProductPage => ({
  product: { id: row.id, name: row.name, endpoint: row.endpoint, createdAtMs: row.created_at_ms },
  shown: row.shown === 1,
  description: row.description,
  examples: JSON.parse(row.examples) as string[],
  triesPerDay: row.tries_per_day,
  signUpPlan: row.sign_up_plan,
  signUpUnits: row.sign_up_units,
});
