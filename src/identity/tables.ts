import type { Id } from "../kernel/ids.ts";
import type { Role } from "./access.ts";

/** Rows as they are stored, for Kysely. */
export interface IdentityTables {
  users: UserRow;
  set_up: { one: number; user_id: Id<"user">; created_at_ms: number };
  sessions: SessionRow;
  sign_in_links: LinkRow;
  attempts: AttemptRow;
  audit_events: AuditRow;
  recovery_codes: { code_hash: string; user_id: Id<"user"> };
  passkeys: PasskeyRow;
  passkey_challenges: { challenge: string; user_id: Id<"user"> | null; expires_at_ms: number };
}

export interface PasskeyRow {
  id: Id<"passkey">;
  user_id: Id<"user">;
  /** The credential's id, as the browser writes it: base64url. */
  credential: string;
  /** COSE, in base64url. */
  public_key: string;
  counter: number;
  /** JSON: how the browser reaches it. */
  transports: string;
  name: string;
  created_at_ms: number;
  last_used_at_ms: number | null;
}

export interface UserRow {
  id: Id<"user">;
  realm: "team" | "customer" | "partner";
  role: Role | null;
  customer: Id<"customer"> | null;
  partner: Id<"partner"> | null;
  email: string | null;
  name: string;
  locale: string | null;
  password_hash: string | null;
  /** The sealed secret of the authenticator app. */
  totp_box: string | null;
  /** One that was offered and waits for its first code. */
  totp_offered_box: string | null;
  /** The last 30 seconds whose code was taken: none is taken twice. */
  totp_step: number | null;
  disabled_at_ms: number | null;
  last_sign_in_at_ms: number | null;
  created_at_ms: number;
}

export interface SessionRow {
  id: Id<"session">;
  secret_hash: string;
  user_id: Id<"user">;
  how: "password" | "passkey" | "link" | "set_up" | "sign_up";
  address: string;
  device: string;
  created_at_ms: number;
  seen_at_ms: number;
  idle_until_ms: number;
  ends_at_ms: number;
}

export interface LinkRow {
  id: Id<"signInLink">;
  secret_hash: string;
  purpose: "set_up" | "sign_in";
  user_id: Id<"user"> | null;
  created_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
}

export interface AttemptRow {
  bucket: string;
  failures: number;
  last_at_ms: number;
  blocked_until_ms: number;
}

export interface AuditRow {
  id: Id<"auditEvent">;
  at_ms: number;
  actor_kind: "user" | "operator_key" | "customer_key" | "nobody" | "system";
  actor: string | null;
  actor_name: string | null;
  action: string;
  object: string | null;
  customer: string | null;
  partner: string | null;
  address: string;
  request: string;
  status: number | null;
}
