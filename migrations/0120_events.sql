create table events (
  id text primary key,
  kind text not null,
  customer text not null,
  data text not null,
  at_ms bigint not null
);
create index events_customer on events (customer, id);

create table webhooks (
  id text primary key,
  customer text,
  url text not null,
  kinds text not null,
  secret text not null,
  old_secret text,
  old_secret_until_ms bigint,
  enabled bigint not null,
  created_at_ms bigint not null
);
create index webhooks_customer on webhooks (customer);

create table webhook_deliveries (
  id text primary key,
  webhook text not null references webhooks (id),
  event text not null references events (id),
  state text not null,
  attempts bigint not null,
  status bigint,
  problem text,
  created_at_ms bigint not null,
  changed_at_ms bigint not null
);
create index webhook_deliveries_webhook on webhook_deliveries (webhook, id);

create table payments (
  id text primary key,
  customer text not null references customers (id),
  provider text not null,
  reference text not null,
  amount_nanos bigint not null,
  refunded_nanos bigint not null,
  disputed_nanos bigint not null,
  received_at_ms bigint not null,
  unique (customer, reference)
);
create index payments_provider on payments (provider, reference);
insert into payments (id, customer, provider, reference, amount_nanos, refunded_nanos, disputed_nanos, received_at_ms)
  select 'pay_' || substr(e.id, 5), a.owner, 'manual', substr(e.cause, length(a.owner) + 2), -p.amount_nanos, 0, 0, e.at_ms
  from ledger_entries e join ledger_postings p on p.entry = e.id join ledger_accounts a on a.id = p.account
  where e.kind = 'payment' and a.kind = 'cash';

create table processed_events (
  provider text not null,
  id text not null,
  outcome text not null,
  at_ms bigint not null,
  primary key (provider, id)
);

create table usage_alerts (
  id text primary key,
  subscription text not null references subscriptions (id),
  kind text not null,
  threshold_nanos bigint not null,
  fired_period text,
  created_at_ms bigint not null
);
create index usage_alerts_subscription on usage_alerts (subscription);

create table refunds (
  id text primary key,
  payment text not null references payments (id),
  kind text not null,
  reference text not null,
  amount_nanos bigint not null,
  at_ms bigint not null,
  unique (payment, kind, reference)
);

create table payment_methods (
  customer text primary key references customers (id),
  provider text not null,
  external_customer text not null,
  method text,
  changed_at_ms bigint not null
);
