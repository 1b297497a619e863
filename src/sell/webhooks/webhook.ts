import { randomBytes } from "node:crypto";
import { Refusal, must, notFound } from "../../kernel/errors.ts";
import { type Id, newId } from "../../kernel/ids.ts";
import { limits } from "../../kernel/limits.ts";
import { Secret } from "../../kernel/secret.ts";
import { type BoxKey, seal, unseal } from "../../kernel/secret-box.ts";
import { type Queries, query, queryOne, sql } from "../../store/index.ts";
import { type EventKind, eventKinds, queueDeliveries } from "../event.ts";
import { type Page, type PageAsk, limitOf, pageOf } from "../page.ts";
import type { SellTables } from "../tables.ts";
import type { WebhookDeliveryRow, WebhookRow } from "../tables-paid.ts";

/** An address that is told of events, signed with a secret of its own. */
export interface Webhook {
  readonly id: Id<"webhook">;
  /** Null: the team's, which hears of all customers. */
  readonly customer: Id<"customer"> | null;
  readonly url: string;
  readonly kinds: readonly EventKind[];
  readonly enabled: boolean;
  readonly createdAtMs: number;
}

/** Whose webhooks: one customer's, or for the operator those of `"any"`. */
export type WebhookScope = Id<"customer"> | "any";

export interface NewWebhook {
  readonly customer: Id<"customer"> | null;
  readonly url: string;
  /** All unless given. */
  readonly kinds?: readonly EventKind[];
  readonly pepper: Secret;
  readonly nowMs: number;
}

/** The secret is given out here and when it is rotated; it is stored encrypted, because messages are signed with it. */
export async function createWebhook(db: Queries, input: NewWebhook): Promise<{ webhook: Webhook; secret: Secret }> {
  const { customer, url, kinds = eventKinds, pepper, nowMs } = input;
  assertUrl(url);
  if (kinds.length === 0) throw new Refusal("invalid_request", "A webhook listens to something.", { param: "kinds" });
  const standing = await listWebhooks(db, { customer: customer ?? "any", limit: limits.listMax });
  if (standing.data.filter((webhook) => webhook.customer === customer).length >= limits.webhooksMax)
    throw new Refusal("conflict", `There are ${limits.webhooksMax} webhooks already.`);
  const secret = newSecret();
  const id = newId("webhook", nowMs);
  await db.perform(
    query(sql`insert into webhooks (id, customer, url, kinds, secret, enabled, created_at_ms)
      values (${id}, ${customer}, ${url}, ${JSON.stringify(kinds)}, ${seal(boxOf(pepper), id, secret)}, 1, ${nowMs})`),
  );
  return { webhook: await getWebhook(db, { customer: customer ?? "any", webhook: id }), secret };
}

const boxOf = (pepper: Secret): BoxKey => ({ pepper, purpose: "webhook" });

const newSecret = (): Secret => new Secret(`whsec_${randomBytes(24).toString("base64url")}`);

function assertUrl(text: string): void {
  const url = text.length <= limits.webhookUrlCharsMax && URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === "https:" || url.protocol === "http:") && url.username === "" && url.hash === "") return;
  throw new Refusal("invalid_request", "A webhook has an address like https://example.com/hooks.", { param: "url" });
}

export async function getWebhook(
  db: Queries,
  ask: { readonly customer: WebhookScope; readonly webhook: string },
): Promise<Webhook> {
  return toWebhook(await webhookRow(db, ask));
}

async function webhookRow(
  db: Queries,
  ask: { readonly customer: WebhookScope; readonly webhook: string },
): Promise<WebhookRow> {
  let found = db.as<SellTables>().selectFrom("webhooks").selectAll();
  found = found.where("id", "=", ask.webhook as Id<"webhook">);
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  const row = await found.executeTakeFirst();
  if (!row) throw notFound("webhook", ask.webhook);
  return row;
}

export async function listWebhooks(
  db: Queries,
  ask: PageAsk & { readonly customer: WebhookScope },
): Promise<Page<Webhook>> {
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("webhooks").selectAll();
  if (ask.customer !== "any") found = found.where("customer", "=", ask.customer);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"webhook">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toWebhook,
  );
}

/** A new secret; for a day the old one signs beside it, so that the receiver can change over. */
export async function rotateWebhookSecret(
  db: Queries,
  ask: { readonly customer: WebhookScope; readonly webhook: string; readonly pepper: Secret; readonly nowMs: number },
): Promise<{ webhook: Webhook; secret: Secret }> {
  const row = await webhookRow(db, ask);
  const secret = newSecret();
  await db.perform(
    query(sql`update webhooks set old_secret = secret, old_secret_until_ms = ${ask.nowMs + limits.webhookOldSecretMs},
      secret = ${seal(boxOf(ask.pepper), row.id, secret)} where id = ${row.id}`),
  );
  return { webhook: toWebhook(row), secret };
}

export async function enableWebhook(
  db: Queries,
  ask: { readonly customer: WebhookScope; readonly webhook: string; readonly enabled: boolean },
): Promise<Webhook> {
  const { id } = await webhookRow(db, ask);
  await db.perform(query(sql`update webhooks set enabled = ${ask.enabled ? 1 : 0} where id = ${id}`));
  return getWebhook(db, ask);
}

export interface Delivery {
  readonly id: Id<"webhookDelivery">;
  readonly webhook: Id<"webhook">;
  readonly event: Id<"event">;
  readonly state: "waiting" | "delivered" | "failed";
  readonly attempts: number;
  /** The receiver's last HTTP status. */
  readonly status: number | null;
  readonly problem: string | null;
  readonly createdAtMs: number;
}

export async function listDeliveries(
  db: Queries,
  ask: PageAsk & { readonly customer: WebhookScope; readonly webhook: string },
): Promise<Page<Delivery>> {
  const { id } = await webhookRow(db, ask);
  const limit = limitOf(ask);
  let found = db.as<SellTables>().selectFrom("webhook_deliveries").selectAll().where("webhook", "=", id);
  if (ask.before) found = found.where("id", "<", ask.before as Id<"webhookDelivery">);
  return pageOf(
    await found
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute(),
    limit,
    toDelivery,
  );
}

/** Sends an event again, as a new delivery. */
export async function replayDelivery(
  db: Queries,
  ask: { readonly customer: WebhookScope; readonly webhook: string; readonly delivery: string; readonly nowMs: number },
): Promise<Delivery> {
  const { id } = await webhookRow(db, ask);
  const row = await db.perform(
    queryOne<WebhookDeliveryRow>(sql`select * from webhook_deliveries where id = ${ask.delivery} and webhook = ${id}`),
  );
  if (!row) throw notFound("delivery", ask.delivery);
  const [again = ""] = await db.perform(queueDeliveries([{ webhook: id, event: row.event, nowMs: ask.nowMs }]));
  const fresh = await db.perform(
    queryOne<WebhookDeliveryRow>(sql`select * from webhook_deliveries where id = ${again}`),
  );
  return toDelivery(must(fresh, "what was just queued is there"));
}

/** The secrets that sign now: the new one, and for a day after a rotation the old one. */
export function secretsOf(row: WebhookRow, pepper: Secret, nowMs: number): string[] {
  const old = row.old_secret !== null && (row.old_secret_until_ms ?? 0) > nowMs ? [row.old_secret] : [];
  return [row.secret, ...old].map((box) =>
    must(unseal(boxOf(pepper), row.id, box), "a webhook's secret opens with the pepper it was sealed with").reveal(),
  );
}

const toWebhook = (row: WebhookRow): Webhook => ({
  id: row.id,
  customer: row.customer,
  url: row.url,
  kinds: JSON.parse(row.kinds) as EventKind[],
  enabled: row.enabled === 1,
  createdAtMs: row.created_at_ms,
});

const toDelivery = (row: WebhookDeliveryRow): Delivery => ({
  id: row.id,
  webhook: row.webhook,
  event: row.event,
  state: row.state,
  attempts: row.attempts,
  status: row.status,
  problem: row.problem,
  createdAtMs: row.created_at_ms,
});
