import { notFound } from "../kernel/errors.ts";
import type { Queries } from "../store/index.ts";
import { type Endpoint, type Release, endpointFromRows, releaseFromRow } from "./release.ts";
import type { EndpointRow, ServeTables } from "./tables.ts";

export async function getEndpoint(db: Queries, name: string): Promise<Endpoint> {
  const row = await db
    .as<ServeTables>()
    .selectFrom("endpoints")
    .selectAll()
    .where("name", "=", name)
    .executeTakeFirst();
  if (!row) throw notFound("endpoint", name);
  return withReleases(db, row);
}

/** Newest first; `before` is the id of the last one seen. */
export async function listEndpoints(
  db: Queries,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<Endpoint[]> {
  let rows = db.as<ServeTables>().selectFrom("endpoints").selectAll().orderBy("id", "desc").limit(limit);
  if (before !== undefined) rows = rows.where("id", "<", before as EndpointRow["id"]);
  return Promise.all((await rows.execute()).map((row) => withReleases(db, row)));
}

export interface ReleaseList {
  readonly endpoint: string;
  readonly limit: number;
  readonly before?: string | undefined;
}

/** The endpoint's history, newest first. */
export async function listReleases(db: Queries, { endpoint, limit, before }: ReleaseList): Promise<Release[]> {
  const { id } = await getEndpoint(db, endpoint);
  let rows = db
    .as<ServeTables>()
    .selectFrom("releases")
    .selectAll()
    .where("endpoint", "=", id)
    .orderBy("id", "desc")
    .limit(limit);
  if (before !== undefined) rows = rows.where("id", "<", before as Release["id"]);
  return (await rows.execute()).map(releaseFromRow);
}

async function withReleases(db: Queries, row: EndpointRow): Promise<Endpoint> {
  const live = await db
    .as<ServeTables>()
    .selectFrom("releases")
    .selectAll()
    .where("endpoint", "=", row.id)
    .where("retired_at_ms", "is", null)
    .orderBy("model")
    .execute();
  return endpointFromRows(row, live);
}
