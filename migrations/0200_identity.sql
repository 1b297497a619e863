-- People who sign in: of the team, of a customer, of a partner.
create table users (
  id text primary key,
  realm text not null,
  role text,
  customer text references customers (id),
  partner text references partners (id),
  email text unique,
  name text not null,
  locale text,
  password_hash text,
  totp_box text,
  totp_offered_box text,
  totp_step bigint,
  disabled_at_ms bigint,
  last_sign_in_at_ms bigint,
  created_at_ms bigint not null
);
create index users_realm on users (realm, id);
create index users_customer on users (customer, id);
create index users_partner on users (partner, id);

-- The first person of the team is made once, also when several replicas are asked at once.
create table set_up (
  one bigint primary key,
  user_id text not null references users (id),
  created_at_ms bigint not null
);

create table sessions (
  id text primary key,
  secret_hash text not null unique,
  user_id text not null references users (id),
  how text not null,
  address text not null,
  device text not null,
  created_at_ms bigint not null,
  seen_at_ms bigint not null,
  idle_until_ms bigint not null,
  ends_at_ms bigint not null
);
create index sessions_user on sessions (user_id, id);

create table sign_in_links (
  id text primary key,
  secret_hash text not null unique,
  purpose text not null,
  user_id text references users (id),
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  used_at_ms bigint
);

-- Failures at a door, by account or address; the bucket is a keyed hash, because people type secrets into wrong fields.
create table attempts (
  bucket text primary key,
  failures bigint not null,
  last_at_ms bigint not null,
  blocked_until_ms bigint not null
);

create table audit_events (
  id text primary key,
  at_ms bigint not null,
  actor_kind text not null,
  actor text,
  actor_name text,
  action text not null,
  object text,
  customer text,
  partner text,
  address text not null,
  request text not null,
  status bigint
);
create index audit_events_actor on audit_events (actor, id);
create index audit_events_object on audit_events (object, id);
create index audit_events_customer on audit_events (customer, id);
create index audit_events_at on audit_events (at_ms);

create table recovery_codes (
  code_hash text primary key,
  user_id text not null references users (id)
);
create index recovery_codes_user on recovery_codes (user_id);

create table passkeys (
  id text primary key,
  user_id text not null references users (id),
  credential text not null unique,
  public_key text not null,
  counter bigint not null,
  transports text not null,
  name text not null,
  created_at_ms bigint not null,
  last_used_at_ms bigint
);
create index passkeys_user on passkeys (user_id, id);

-- What a browser was asked to sign; each is used once.
create table passkey_challenges (
  challenge text primary key,
  user_id text references users (id),
  expires_at_ms bigint not null
);
