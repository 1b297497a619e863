create table endpoints (
  id text primary key,
  name text not null unique,
  revision bigint not null,
  created_at_ms bigint not null
);

-- One row is one stretch of time in which one model stood behind one endpoint in one role; it never changes but to end.
create table releases (
  id text primary key,
  endpoint text not null references endpoints (id),
  model text not null,
  role text not null,
  share double precision not null,
  previous text references releases (id),
  reason text not null,
  deployed_at_ms bigint not null,
  retired_at_ms bigint,
  retired_because text
);
create unique index releases_champion on releases (endpoint) where role = 'champion' and retired_at_ms is null;
create unique index releases_live on releases (endpoint, model, role) where retired_at_ms is null;
create index releases_history on releases (endpoint, id);

create table predictions (
  id text primary key,
  endpoint text not null,
  release text not null,
  model text not null,
  customer text not null,
  key text not null,
  request text not null,
  idempotency_key text,
  body_hash text not null,
  input_hash text not null,
  input_text text,
  output text not null,
  shadow_of text,
  latency_ms double precision not null,
  cost_nanos bigint not null,
  created_at_ms bigint not null
);
create unique index predictions_idempotency on predictions (customer, idempotency_key) where idempotency_key is not null;
create index predictions_customer on predictions (customer, id);
