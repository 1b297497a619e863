import { limits } from "../kernel/limits.ts";
import { type Queries, query, sql } from "../store/index.ts";

/** What one finds by its name or its id. */
export type Findable = "dataset" | "model" | "endpoint" | "product" | "customer" | "partner" | "invoice";

export interface Found {
  readonly kind: Findable;
  readonly id: string;
  readonly name: string;
}

type Named = Pick<Found, "id" | "name">;

const tables = {
  dataset: "data_datasets",
  model: "models",
  endpoint: "endpoints",
  product: "products",
  customer: "customers",
  partner: "partners",
} as const satisfies { readonly [K in Exclude<Findable, "invoice">]: string };

/** Of each kind the newest that have the text in their name, those that begin with it first; an id only as a whole. */
export async function findByName(
  db: Queries,
  { text, kinds }: { readonly text: string; readonly kinds: readonly Findable[] },
): Promise<Found[]> {
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const seen = kind === "invoice" ? await invoices(db, text) : await namesLike(db, kind, text);
      return ranked(seen, text).map(({ id, name }) => ({ kind, id, name }));
    }),
  );
  return found.flat();
}

/** Looks through no more than the newest `limits.findRowsMax`, so a long history does not make it slow. */
async function namesLike(db: Queries, kind: keyof typeof tables, text: string): Promise<Named[]> {
  const table = db.as<{ readonly [T in (typeof tables)[typeof kind]]: Named }>();
  const newest = table.selectFrom(tables[kind]).select(["id", "name"]).orderBy("id", "desc").limit(limits.findRowsMax);
  const within = `%${loose(text)}%`;
  const found = await table
    .selectFrom(newest.as("newest"))
    .selectAll()
    .where(({ eb, fn, or }) =>
      or([
        eb("id", "=", text),
        eb(fn<string>("lower", ["name"]), "like", within.toLowerCase()),
        eb("name", "like", within), // SQLite knows the small letters of ASCII only
      ]),
    )
    .orderBy("id", "desc")
    .limit(limits.foundSeenMax)
    .execute();
  return found.filter(({ id, name }) => id === text || name.toLowerCase().includes(text.toLowerCase()));
}

/** Signs that mean something to `like` match any sign here; who calls looks again. */
const loose = (text: string): string => text.replace(/[%_\\]/g, "_");

/** There may be millions: by indexes only, so by number or by the beginning of what stands on the document. */
async function invoices(db: Queries, text: string): Promise<Named[]> {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  const title = text.toUpperCase();
  return db.perform(
    query<{ id: string; name: string }>(sql`select id, title as name from invoices
      where id = ${text} or number = ${number} or (title >= ${title} and title < ${`${title}\u{10ffff}`})
      order by title limit ${limits.foundSeenMax}`),
  );
}

function ranked(found: readonly Named[], text: string): Named[] {
  const begins = ({ name }: Named): boolean => name.toLowerCase().startsWith(text.toLowerCase());
  return [...found.filter(begins), ...found.filter((each) => !begins(each))].slice(0, limits.foundPerKindMax);
}
