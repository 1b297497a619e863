create table credit_grants (
  id text primary key,
  customer text not null references customers (id),
  kind text not null,
  source text not null,
  payment text,
  amount_nanos bigint not null,
  remaining_nanos bigint not null,
  priority bigint not null,
  expires_at_ms bigint,
  rollover_days bigint,
  created_at_ms bigint not null,
  check (remaining_nanos >= 0 and remaining_nanos <= amount_nanos)
);
create index credit_grants_customer on credit_grants (customer, id);
create index credit_grants_expiry on credit_grants (expires_at_ms) where remaining_nanos > 0;

create table credit_codes (
  id text primary key,
  code text not null unique,
  currency text not null,
  amount_nanos bigint not null,
  valid_days bigint,
  redemptions_max bigint,
  redeemed bigint not null,
  expires_at_ms bigint,
  created_at_ms bigint not null
);
create table credit_code_uses (
  code text not null references credit_codes (id),
  customer text not null references customers (id),
  primary key (code, customer)
);

create table top_ups (
  customer text primary key references customers (id),
  threshold_nanos bigint not null,
  amount_nanos bigint not null,
  attempts bigint not null,
  failures bigint not null,
  next_at_ms bigint not null,
  problem text
);
create table balance_alerts (
  customer text primary key references customers (id),
  threshold_nanos bigint not null,
  told bigint not null
);
