import { Refusal } from "../kernel/errors.ts";
import { type Id, isId, newId } from "../kernel/ids.ts";
import { limits } from "../kernel/limits.ts";
import { assertStorable } from "../kernel/text.ts";
import { type Queries, isUniqueViolation } from "../store/index.ts";
import { getUpstream } from "./definition.ts";
import type { UpstreamModelRow, UpstreamTables } from "./tables.ts";

/** The doors of OpenAI's API that an upstream's model may have. */
export type UpstreamApi = "chat" | "responses" | "completions" | "embeddings";

/** Where each is, after the base URL. */
export const apiPaths: { readonly [A in UpstreamApi]: string } = {
  chat: "/chat/completions",
  responses: "/responses",
  completions: "/completions",
  embeddings: "/embeddings",
};

export const upstreamApis = Object.keys(apiPaths) as UpstreamApi[];

/** One model that an upstream serves. */
export interface UpstreamModel {
  readonly id: Id<"upstreamModel">;
  readonly upstream: Id<"upstream">;
  /** As the upstream calls it. */
  readonly name: string;
  readonly apis: readonly UpstreamApi[];
  /** The most tokens it reads and writes in one request: what is reserved before the work. */
  readonly contextTokensMax: number;
  readonly outputTokensMax: number;
  readonly createdAtMs: number;
}

export interface NewUpstreamModel {
  readonly upstream: string;
  readonly name: string;
  readonly apis: readonly UpstreamApi[];
  readonly contextTokensMax: number;
  readonly outputTokensMax: number;
  readonly nowMs: number;
}

/** Refusals `invalid_request`, `not_found` (the upstream) and `conflict` (it has this model already). */
export async function addUpstreamModel(db: Queries, input: NewUpstreamModel): Promise<UpstreamModel> {
  const { name, apis, contextTokensMax, outputTokensMax, nowMs } = input;
  const upstream = await getUpstream(db, input.upstream);
  assertStorable(name, "name");
  if (name.trim() !== name || name === "" || name.length > limits.upstreamModelNameCharsMax) {
    const most = limits.upstreamModelNameCharsMax;
    throw new Refusal("invalid_request", `A model's name has 1 to ${most} characters.`, { param: "name" });
  }
  if (apis.length === 0) throw new Refusal("invalid_request", "A model has at least one door.", { param: "apis" });
  assertTokens(contextTokensMax, "context_tokens_max");
  assertTokens(outputTokensMax, "output_tokens_max");
  const row: UpstreamModelRow = {
    id: newId("upstreamModel", nowMs),
    upstream: upstream.id,
    name,
    apis: JSON.stringify(upstreamApis.filter((api) => apis.includes(api))),
    context_tokens_max: contextTokensMax,
    output_tokens_max: outputTokensMax,
    created_at_ms: nowMs,
  };
  try {
    await db.as<UpstreamTables>().insertInto("upstream_models").values(row).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("conflict", `${upstream.name} has a model "${name}" already.`, { param: "name" });
  }
  return toUpstreamModel(row);
}

export async function listUpstreamModels(db: Queries, upstream: Id<"upstream">): Promise<UpstreamModel[]> {
  const rows = await db
    .as<UpstreamTables>()
    .selectFrom("upstream_models")
    .selectAll()
    .where("upstream", "=", upstream)
    .orderBy("id")
    .execute();
  return rows.map(toUpstreamModel);
}

/** By id, or written `upstream/model`. Refusal `not_found`. */
export async function getUpstreamModel(db: Queries, idOrPath: string): Promise<UpstreamModel> {
  const table = db.as<UpstreamTables>().selectFrom("upstream_models").selectAll();
  const [upstream = "", ...rest] = idOrPath.split("/");
  const name = rest.join("/");
  const row = isId("upstreamModel", idOrPath)
    ? await table.where("id", "=", idOrPath).executeTakeFirst()
    : name !== "" &&
      (await table
        .where("name", "=", name)
        .where("upstream", "=", (await getUpstream(db, upstream)).id)
        .executeTakeFirst());
  if (!row) {
    throw new Refusal("not_found", `There is no upstream model "${idOrPath}".`, {
      hint: "It is written UPSTREAM/MODEL; `millrace upstream show UPSTREAM` lists its models.",
    });
  }
  return toUpstreamModel(row);
}

function assertTokens(count: number, param: string): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= limits.upstreamTokensMax) return;
  const most = limits.upstreamTokensMax.toLocaleString("en-US");
  throw new Refusal("invalid_request", `A number of tokens is whole and from 1 to ${most}.`, { param });
}

export const toUpstreamModel = (row: UpstreamModelRow): UpstreamModel => ({
  id: row.id,
  upstream: row.upstream,
  name: row.name,
  apis: JSON.parse(row.apis) as UpstreamApi[],
  contextTokensMax: row.context_tokens_max,
  outputTokensMax: row.output_tokens_max,
  createdAtMs: row.created_at_ms,
});
