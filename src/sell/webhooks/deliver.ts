import { must } from "../../kernel/errors.ts";
import type { Id } from "../../kernel/ids.ts";
import type { Secret } from "../../kernel/secret.ts";
import { type JobContext, type JobHandler, type Store, query, queryOne, sql } from "../../store/index.ts";
import { deliverJob, toEvent } from "../event.ts";
import type { EventRow, WebhookDeliveryRow, WebhookRow } from "../tables-paid.ts";
import { signatureHeader, signatureOf } from "./signature.ts";
import { secretsOf } from "./webhook.ts";

/** Sends one message; answers the receiver's status, and throws when there was none. */
export type SendMessage = (message: {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}) => Promise<number>;

export interface DeliveryDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly pepper: Secret;
  readonly send: SendMessage;
}

/** The job that sends one delivery; what is not answered by 2xx is tried again with the back-off of jobs, a bounded time. */
export function webhookJobs(deps: DeliveryDeps): Readonly<Record<string, JobHandler>> {
  return { [deliverJob]: (context) => deliver(deps, context) };
}

async function deliver(deps: DeliveryDeps, { job, signal }: JobContext): Promise<unknown> {
  const { delivery: id } = job.payload as { readonly delivery: Id<"webhookDelivery"> };
  const found = await gather(deps.store, id);
  if (found.delivery.state !== "waiting") return { state: found.delivery.state };
  if (found.webhook.enabled === 0) return end(deps, id, "failed", null, "The webhook is switched off.");
  const body = JSON.stringify(messageOf(found.event));
  const headers = {
    "content-type": "application/json",
    "user-agent": "Millrace",
    "millrace-event": found.event.id,
    [signatureHeader]: signatureOf(body, secretsOf(found.webhook, deps.pepper, deps.now()), deps.now()),
  };
  const outcome = await deps
    .send({ url: found.webhook.url, body, headers, signal })
    .then((status) => ({ status, problem: status >= 200 && status < 300 ? null : `HTTP ${status}` }))
    .catch((error: Error) => ({ status: null, problem: error.message.slice(0, 200) }));
  if (outcome.problem === null) return end(deps, id, "delivered", outcome.status, null);
  const last = job.attempts >= job.attemptsMax;
  await end(deps, id, last ? "failed" : "waiting", outcome.status, outcome.problem);
  throw new Error(outcome.problem);
}

/** What a receiver gets. */
export function messageOf(row: EventRow): Readonly<Record<string, unknown>> {
  const { id, kind, customer, data, atMs } = toEvent(row);
  return { object: "event", id, kind, customer, at_ms: atMs, data };
}

async function gather(store: Store, id: Id<"webhookDelivery">) {
  const delivery = must(
    await store.perform(queryOne<WebhookDeliveryRow>(sql`select * from webhook_deliveries where id = ${id}`)),
    "a delivery stays",
  );
  const webhook = await store.perform(queryOne<WebhookRow>(sql`select * from webhooks where id = ${delivery.webhook}`));
  const event = await store.perform(queryOne<EventRow>(sql`select * from events where id = ${delivery.event}`));
  return { delivery, webhook: must(webhook, "a webhook stays"), event: must(event, "an event stays") };
}

async function end(
  { store, now }: DeliveryDeps,
  id: Id<"webhookDelivery">,
  state: WebhookDeliveryRow["state"],
  status: number | null,
  problem: string | null,
): Promise<unknown> {
  await store.perform(
    query(sql`update webhook_deliveries set state = ${state}, attempts = attempts + 1, status = ${status},
      problem = ${problem}, changed_at_ms = ${now()} where id = ${id} and state = 'waiting'`),
  );
  return { state, status };
}
