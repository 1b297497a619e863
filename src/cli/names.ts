import { Refusal } from "../kernel/errors.ts";
import { type Id, isId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { getPartner, listPartners } from "../channel/index.ts";
import { getModel, listModels } from "../models/index.ts";
import { getCustomer, getPlan, getProduct, listCustomers, listPlans, listProducts } from "../sell/index.ts";
import { getEndpoint } from "../serve/index.ts";
import type { Queries } from "../store/index.ts";

/** A model by its id, by `latest`, or by its name when only one has it. */
export async function resolveModel(db: Queries, text: string): Promise<Id<"model">> {
  if (isId("model", text)) return (await getModel(db, text)).id;
  const models = await listModels(db, { limit: limits.listMax });
  if (text === "latest") {
    const [newest] = models;
    if (newest) return newest.id;
    throw new Refusal("not_found", "There is no model yet.", { hint: "Train one: millrace run start DATASET" });
  }
  const named = models.filter(({ name }) => name === text);
  const [only] = named;
  if (only && named.length === 1) return only.id;
  throw new Refusal(
    "not_found",
    named.length > 1
      ? `${named.length} models are named "${text}"; say which by its id.`
      : `There is no model "${text}".`,
    { hint: "List them: millrace model list" },
  );
}

/** The champion of an endpoint, or a model by its id or name. */
export async function resolveAnswering(db: Queries, text: string): Promise<Id<"model">> {
  try {
    return (await getEndpoint(db, text)).champion.model;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_found") throw error;
    return resolveModel(db, text);
  }
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Lookup<T extends Named> {
  readonly noun: "customer" | "partner" | "plan" | "product";
  get(id: string): Promise<T>;
  list(page: { limit: number; before?: string }): Promise<{ data: readonly T[]; nextCursor: string | null }>;
}

/** By id, or by a name that only one has: commands read better with names. */
async function resolve<T extends Named>(text: string, { noun, get, list }: Lookup<T>): Promise<T["id"]> {
  if (isId(noun, text)) return (await get(text)).id;
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: { data: readonly T[]; nextCursor: string | null } = await list({
      limit: limits.listMax,
      ...(cursor ? { before: cursor } : {}),
    });
    found.push(...page.data.filter(({ name }) => name === text));
    cursor = page.nextCursor;
  } while (cursor);
  const [only] = found;
  if (only && found.length === 1) return only.id;
  throw new Refusal(
    found.length > 1 ? "conflict" : "not_found",
    found.length > 1
      ? `${found.length} of them are named "${text}"; say which by its id.`
      : `There is no ${noun} "${text}".`,
    { hint: `List them: millrace ${noun} list` },
  );
}

export const resolveCustomer = (db: Queries, text: string): Promise<Id<"customer">> =>
  resolve(text, { noun: "customer", get: (id) => getCustomer(db, id), list: (page) => listCustomers(db, page) });

export const resolvePartner = (db: Queries, text: string): Promise<Id<"partner">> =>
  resolve(text, { noun: "partner", get: (id) => getPartner(db, id), list: (page) => listPartners(db, page) });

export const resolvePlan = (db: Queries, text: string): Promise<Id<"plan">> =>
  resolve(text, { noun: "plan", get: (id) => getPlan(db, id), list: (page) => listPlans(db, page) });

export const resolveProduct = (db: Queries, text: string): Promise<Id<"product">> =>
  resolve(text, { noun: "product", get: (id) => getProduct(db, id), list: (page) => listProducts(db, page) });
