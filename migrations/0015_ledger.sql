create table ledger_accounts (
  id text primary key,
  kind text not null,
  owner text not null,
  currency text not null,
  balance_nanos bigint not null,
  held_nanos bigint not null,
  credit_limit_nanos bigint,
  unique (kind, owner, currency),
  check (credit_limit_nanos is null or (held_nanos >= 0 and balance_nanos + credit_limit_nanos - held_nanos >= 0))
);

create table ledger_entries (
  id text primary key,
  kind text not null,
  cause text not null,
  at_ms bigint not null,
  posted_at_ms bigint not null,
  unique (kind, cause)
);

create table ledger_postings (
  entry text not null references ledger_entries (id),
  position bigint not null,
  account text not null references ledger_accounts (id),
  amount_nanos bigint not null,
  at_ms bigint not null,
  product text,
  model text,
  release text,
  customer text,
  partner text,
  primary key (entry, position)
);

create table ledger_holds (
  id text primary key,
  account text not null references ledger_accounts (id),
  amount_nanos bigint not null,
  owner text not null,
  detail text not null,
  state text not null,
  expires_at_ms bigint not null,
  placed_at_ms bigint not null,
  closed_at_ms bigint
);
create unique index ledger_holds_owner on ledger_holds (owner) where state in ('open', 'taken');
create index ledger_holds_open on ledger_holds (expires_at_ms) where state = 'open';
