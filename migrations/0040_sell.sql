create table products (
  id text primary key,
  name text not null unique,
  endpoint text not null,
  created_at_ms bigint not null
);

create table plans (
  id text primary key,
  product text not null references products (id),
  name text not null,
  currency text not null,
  created_at_ms bigint not null,
  unique (product, name)
);

create table rate_cards (
  id text primary key,
  plan text not null references plans (id),
  version bigint not null,
  effective_at_ms bigint not null,
  fee_nanos bigint not null,
  price text not null,
  spend_cap_nanos bigint,
  created_at_ms bigint not null,
  unique (plan, version),
  unique (plan, effective_at_ms)
);

create table customers (
  id text primary key,
  name text not null,
  currency text not null,
  terms text not null,
  data_use text not null,
  partner text,
  created_at_ms bigint not null
);
create index customers_partner on customers (partner);

create table api_keys (
  id text primary key,
  customer text not null references customers (id),
  name text not null,
  secret_hash text not null unique,
  last_four text not null,
  quota_units bigint,
  used_units bigint not null,
  held_units bigint not null,
  created_at_ms bigint not null,
  revoked_at_ms bigint
);
create index api_keys_customer on api_keys (customer);

create table subscriptions (
  id text primary key,
  customer text not null references customers (id),
  product text not null references products (id),
  plan text not null references plans (id),
  anchor_ms bigint not null,
  time_zone text not null,
  next_ordinal bigint not null,
  created_at_ms bigint not null,
  unique (customer, product)
);

create table usage_periods (
  id text primary key,
  subscription text not null references subscriptions (id),
  ordinal bigint not null,
  start_ms bigint not null,
  end_ms bigint not null,
  rate_card text not null references rate_cards (id),
  fee_nanos bigint not null,
  price text not null,
  spend_cap_nanos bigint,
  state text not null,
  used_units bigint not null,
  held_units bigint not null,
  late_units bigint not null,
  closed_at_ms bigint,
  unique (subscription, ordinal)
);
create index usage_periods_open on usage_periods (subscription, end_ms) where state = 'open';
create index usage_periods_due on usage_periods (end_ms) where state = 'open';

create table usage_events (
  id text primary key,
  prediction text not null,
  customer text not null,
  api_key text not null,
  subscription text not null,
  period text not null references usage_periods (id),
  product text not null,
  rate_card text not null,
  units bigint not null,
  amount_nanos bigint not null,
  due_nanos bigint not null,
  cost_nanos bigint not null,
  model text,
  release text,
  partner text,
  at_ms bigint not null,
  recorded_at_ms bigint not null
);
create index usage_events_period on usage_events (period);
create index usage_events_customer on usage_events (customer, at_ms);

create table invoices (
  id text primary key,
  number bigint not null unique,
  kind text not null,
  customer text not null references customers (id),
  subscription text not null references subscriptions (id),
  period text not null references usage_periods (id),
  start_ms bigint not null,
  end_ms bigint not null,
  currency text not null,
  total_nanos bigint not null,
  due_nanos bigint not null,
  carried_in_nanos bigint not null,
  carried_out_nanos bigint not null,
  credits text references invoices (id),
  reason text,
  issued_at_ms bigint not null,
  unique (subscription, period, kind)
);
create index invoices_customer on invoices (customer, id);

create table invoice_lines (
  invoice text not null references invoices (id),
  position bigint not null,
  kind text not null,
  description text not null,
  units bigint not null,
  late_units bigint not null,
  exact_nanos bigint not null,
  amount_nanos bigint not null,
  primary key (invoice, position)
);

create table invoice_series (
  name text primary key,
  last_number bigint not null
);
insert into invoice_series (name, last_number) values ('invoices', 0);
