create table operator_keys (
  id text primary key,
  name text not null,
  secret_hash text not null unique,
  last_four text not null,
  created_at_ms bigint not null,
  revoked_at_ms bigint
);
create table idempotency_records (
  scope text not null,
  idempotency_key text not null,
  request_hash text not null,
  state text not null,
  answer text,
  created_at_ms bigint not null,
  primary key (scope, idempotency_key)
);
