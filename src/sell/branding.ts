import { Refusal, must } from "../kernel/errors.ts";
import { limits } from "../kernel/limits.ts";
import { type Queries, query, queryOne, sql } from "../store/index.ts";
import { contrast, lightened } from "./colour.ts";
import { assertName } from "./words.ts";

/** How the business shows itself to its customers; null is as Millrace does. */
export interface Branding {
  readonly name: string | null;
  /** `#rrggbb`, readable as text on a light page and under white text. */
  readonly accent: string | null;
  readonly supportEmail: string | null;
}

interface BrandingRow {
  readonly name: string | null;
  readonly accent: string | null;
  readonly support_email: string | null;
}

/** The greys of the console on which the accent has to be read. */
const lightGrey = "#eff3f3";
const darkGrey = "#1e2526";
/** AA of the Web Content Accessibility Guidelines 2.2 for text. */
const contrastMin = 4.5;

export async function getBranding(db: Queries): Promise<Branding> {
  const row = await db.perform(
    queryOne<BrandingRow>(sql`select name, accent, support_email from branding where id = 1`),
  );
  const { name, accent, support_email: supportEmail } = must(row, "there is a branding");
  return { name, accent, supportEmail };
}

export type BrandingChange = { readonly [K in keyof Branding]?: Branding[K] | undefined };

/** Changes what is given; null takes it away. */
export async function changeBranding(db: Queries, change: BrandingChange): Promise<Branding> {
  const now = await getBranding(db);
  const { name = now.name, accent: wanted = now.accent, supportEmail = now.supportEmail } = change;
  const accent = wanted?.toLowerCase() ?? null;
  const next: Branding = { name, accent, supportEmail };
  assertBranding(next);
  await db.perform(
    query(sql`update branding set name = ${name}, accent = ${accent}, support_email = ${supportEmail}
      where id = 1`),
  );
  return next;
}

/** The accent for dark pages: as much white is mixed in as it takes to be read there. */
export const accentInTheDark = (accent: string): string =>
  // a little more than AA: it also stands on its own tint
  lightened(accent, (mixed) => contrast(mixed, darkGrey) >= contrastMin + 1);

function assertBranding({ name, accent, supportEmail }: Branding): void {
  if (name !== null) assertName(name);
  if (accent !== null) assertAccent(accent);
  if (supportEmail === null) return;
  if (supportEmail.length > limits.emailCharsMax || !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(supportEmail))
    throw refused("The support address is an e-mail address, as support@example.com.", "support_email");
}

function assertAccent(accent: string): void {
  if (!/^#[0-9a-f]{6}$/i.test(accent)) throw refused("An accent colour is #rrggbb, as #0b6b73.", "accent");
  const found = contrast(accent, lightGrey);
  if (found >= contrastMin) return;
  // rounded down: what is refused never reads as enough
  const shown = (Math.floor(found * 10) / 10).toFixed(1);
  throw refused(
    `The accent ${accent} is too light to be read: its contrast with the page is ${shown} and has to be ${contrastMin}. Choose a darker one.`,
    "accent",
  );
}

const refused = (message: string, param: string): Refusal => new Refusal("invalid_request", message, { param });
