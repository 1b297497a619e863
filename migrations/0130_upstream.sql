create table upstreams (
  id text primary key,
  name text not null unique,
  base_url text not null,
  allow_private bigint not null,
  secret_box text,
  secret_last_four text,
  disabled_at_ms bigint,
  created_at_ms bigint not null
);

create table upstream_models (
  id text primary key,
  upstream text not null references upstreams (id),
  name text not null,
  apis text not null,
  context_tokens_max bigint not null,
  output_tokens_max bigint not null,
  created_at_ms bigint not null,
  unique (upstream, name)
);

-- What an upstream's model costs us, from an instant on, in one currency. Never changed: a later one takes over.
create table upstream_rate_cards (
  id text primary key,
  model text not null references upstream_models (id),
  currency text not null,
  effective_at_ms bigint not null,
  input_million_nanos bigint not null,
  cached_input_million_nanos bigint not null,
  output_million_nanos bigint not null,
  request_nanos bigint not null,
  second_nanos bigint not null,
  created_at_ms bigint not null,
  unique (model, currency, effective_at_ms)
);

create table upstream_routes (
  endpoint text primary key,
  id text not null unique,
  policy text not null,
  targets text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null
);

-- The last change of a circuit breaker, as the process that saw it wrote it.
create table upstream_health (
  model text primary key references upstream_models (id),
  state text not null,
  reason text,
  since_ms bigint not null
);
