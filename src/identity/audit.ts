import { type Id, newId } from "../kernel/ids.ts";
import type { Queries } from "../store/index.ts";
import type { AuditRow, IdentityTables } from "./tables.ts";

/** Who did it. A customer's key and an operator key by their ids; nobody: who was not let in, or not asked. */
export interface AuditActor {
  readonly kind: AuditRow["actor_kind"];
  readonly id: string | null;
  readonly name: string | null;
  readonly customer: string | null;
  readonly partner: string | null;
}

export interface NewAuditEvent {
  readonly actor: AuditActor;
  /** The route, as it is written in the reference: `POST /admin/v1/plans/:id/rate-cards`. Never what was sent to it. */
  readonly action: string;
  readonly object: string | null;
  readonly address: string;
  readonly request: string;
  readonly nowMs: number;
}

export interface AuditEvent {
  readonly id: Id<"auditEvent">;
  readonly atMs: number;
  readonly actor: AuditActor;
  readonly action: string;
  readonly object: string | null;
  readonly address: string;
  readonly request: string;
  /** The answer's HTTP status; null when the process died before there was one. */
  readonly status: number | null;
}

/** Written before the work, so that no change is without its line, and finished after it. */
export async function beginAudit(db: Queries, event: NewAuditEvent): Promise<Id<"auditEvent">> {
  const { actor, nowMs } = event;
  const row: AuditRow = {
    id: newId("auditEvent", nowMs),
    at_ms: nowMs,
    actor_kind: actor.kind,
    actor: actor.id,
    actor_name: actor.name,
    action: event.action,
    object: event.object,
    customer: actor.customer,
    partner: actor.partner,
    address: event.address,
    request: event.request,
    status: null,
  };
  await db.as<IdentityTables>().insertInto("audit_events").values(row).execute();
  return row.id;
}

export interface AuditEnd {
  readonly event: Id<"auditEvent">;
  readonly status: number;
  /** What was made or changed, where the answer tells it. */
  readonly object: string | null;
  /** Who it turned out to be: a sign-in begins as nobody. */
  readonly actor?: AuditActor | undefined;
}

export async function endAudit(db: Queries, { event, status, object, actor }: AuditEnd): Promise<void> {
  const found = {
    ...(object === null ? {} : { object }),
    ...(actor
      ? {
          actor_kind: actor.kind,
          actor: actor.id,
          actor_name: actor.name,
          customer: actor.customer,
          partner: actor.partner,
        }
      : {}),
  };
  await db
    .as<IdentityTables>()
    .updateTable("audit_events")
    .set({ status, ...found })
    .where("id", "=", event)
    .execute();
}

export interface AuditAsk {
  readonly limit: number;
  readonly before?: string | undefined;
  readonly actor?: string | undefined;
  readonly object?: string | undefined;
  readonly customer?: string | undefined;
}

/** Newest first. */
export async function listAuditEvents(db: Queries, ask: AuditAsk): Promise<AuditEvent[]> {
  let found = db.as<IdentityTables>().selectFrom("audit_events").selectAll();
  if (ask.before) found = found.where("id", "<", ask.before as Id<"auditEvent">);
  if (ask.actor) found = found.where("actor", "=", ask.actor);
  if (ask.object) found = found.where("object", "=", ask.object);
  if (ask.customer) found = found.where("customer", "=", ask.customer);
  return (await found.orderBy("id", "desc").limit(ask.limit).execute()).map(toEvent);
}

const toEvent = (row: AuditRow): AuditEvent => ({
  id: row.id,
  atMs: row.at_ms,
  actor: {
    kind: row.actor_kind,
    id: row.actor,
    name: row.actor_name,
    customer: row.customer,
    partner: row.partner,
  },
  action: row.action,
  object: row.object,
  address: row.address,
  request: row.request,
  status: row.status,
});
