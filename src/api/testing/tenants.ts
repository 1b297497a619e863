import type { Id } from "../../kernel/ids.ts";
import {
  createCustomer,
  createKey,
  createPlan,
  createProduct,
  createSubscription,
  receivePayment,
} from "../../sell/index.ts";
import { deploy } from "../../serve/index.ts";
import { registerSmallModel } from "../../serve/testing/small-model.ts";
import { type Statement, type Store, query, sql } from "../../store/index.ts";
import { type Browser, openBrowser } from "./people.ts";
import type { TestServer } from "./server.ts";

export interface Tenant {
  readonly customer: Id<"customer">;
  readonly secret: string;
  readonly headers: { readonly authorization: string };
  /** The same tenant's user, in a browser. */
  readonly browser: Browser["headers"];
  /** Everything of this tenant's that has an id. */
  readonly ids: readonly string[];
  /** Words that stand in this tenant's rows and in nobody else's. */
  readonly marks: readonly string[];
}

const endpoint = "shared-filter";

/** One endpoint, sold to two customers, each with a key, a subscription, money, predictions, feedback and an invoice. */
export async function openTenants(server: TestServer): Promise<readonly [Tenant, Tenant]> {
  const { store, clock } = server.deps;
  const nowMs = clock.now();
  const model = await registerSmallModel(store, { nowMs });
  await deploy(store, { endpoint, model: model.id, role: "champion", nowMs });
  const product = await createProduct(store, { name: "Shared filter", endpoint, nowMs });
  const price = { kind: "per_unit", perThousandNanos: 10_000_000_000n, freeUnits: 0 } as const;
  const components = [{ unit: "predictions", price }] as const;
  const terms = {
    product: product.id,
    name: "Basic",
    currency: "usd",
    feeNanos: 1_000_000_000n,
    components,
    nowMs,
  } as const;
  const plan = await createPlan(store, terms);
  const tenants = [await tenant(server, "amber", plan.id), await tenant(server, "cobalt", plan.id)] as const;
  server.clock.advance(40 * 24 * 3_600_000);
  await closeAll(server);
  const [first, second] = tenants;
  return [await withIds(store, await inBrowser(server, first)), await withIds(store, await inBrowser(server, second))];
}

async function tenant(server: TestServer, colour: string, plan: Id<"plan">): Promise<Omit<Tenant, "browser">> {
  const { store, clock, pepper } = server.deps;
  const nowMs = clock.now();
  const { id: customer } = await createCustomer(store, {
    name: `The ${colour} company`,
    currency: "usd",
    terms: { kind: "prepaid" },
    dataUse: "improve",
    nowMs,
  });
  await receivePayment(store, { customer, amountNanos: 90_000_000_000n, reference: `${colour} payment`, nowMs });
  await createSubscription(store, { customer, plan, anchorMs: nowMs, timeZone: "UTC", nowMs });
  const secret = (await createKey(store, { customer, name: `${colour} key`, pepper, nowMs })).secret.reveal();
  const headers = { authorization: `Bearer ${secret}` };
  const call = async (url: string, payload: object): Promise<{ id: string }> => {
    const answer = await server.app.inject({ method: "POST", url, headers, payload });
    if (answer.statusCode >= 300) throw new Error(`${url} answered ${answer.statusCode}: ${answer.body}`);
    return answer.json();
  };
  const { id: prediction } = await call("/v1/predictions", { endpoint, input: `win the ${colour} prize` });
  const comment = { kind: "comment", text: `no ${colour} prize for me` };
  await call("/v1/feedback", { prediction, signal: comment });
  return { customer, secret, headers, ids: [], marks: [colour] };
}

/** A user of the tenant signs in, now that all time has passed. */
async function inBrowser(server: TestServer, tenant: Omit<Tenant, "browser">): Promise<Tenant> {
  const realm = { kind: "customer", customer: tenant.customer } as const;
  const { headers: browser } = await openBrowser(server, realm, `${tenant.marks[0]} user`);
  return { ...tenant, browser };
}

async function closeAll(server: TestServer): Promise<void> {
  const headers = { ...server.operator };
  const answer = await server.app.inject({ method: "POST", url: "/admin/v1/invoices/close", headers, payload: {} });
  if (answer.statusCode >= 300) throw new Error(`invoices were not closed: ${answer.body}`);
}

const isId = (value: unknown): value is string => typeof value === "string" && /^[a-z]+_[0-9a-z]{26}$/.test(value);

/** The ids of all rows that lead to the customer, in as many steps as it takes. */
async function withIds(store: Store, of: Tenant): Promise<Tenant> {
  const ids = new Set<string>([of.customer]);
  const rows = (await everyRow(store)).filter(({ table }) => !sharedTables.has(table));
  for (let before = 0; before !== ids.size;) {
    before = ids.size;
    for (const { row } of rows) {
      const values = Object.values(row);
      if (!values.some((value) => typeof value === "string" && ids.has(value))) continue;
      const { id } = row;
      if (isId(id)) ids.add(id);
    }
  }
  return { ...of, ids: [...ids] };
}

/** What is sold to everybody; it leads to every customer's rows. */
const sharedTables: ReadonlySet<string> = new Set([
  "products",
  "plans",
  "rate_cards",
  "models",
  "endpoints",
  "releases",
  "idempotency_records",
  "jobs",
]);

export interface AnyRow {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The whole database, for tests that look for what must not be in it, or must not have changed. */
export async function everyRow(store: Store): Promise<AnyRow[]> {
  const names =
    store.engine === "sqlite"
      ? sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`
      : sql`select table_name as name from information_schema.tables where table_schema = 'public'`;
  const tables = await store.perform(query<{ name: string }>(names));
  const found: AnyRow[] = [];
  for (const { name } of tables) {
    const all: Statement = { parts: [`select * from ${name}`], params: [] };
    for (const row of await store.perform(query<Record<string, unknown>>(all))) found.push({ table: name, row });
  }
  return found;
}

export function textOf({ table, row }: AnyRow): string {
  return `${table} ${JSON.stringify(row, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`;
}
