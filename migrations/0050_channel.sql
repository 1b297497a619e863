create table partners (
  id text primary key,
  name text not null unique,
  channel text not null,
  commission_basis_points bigint not null,
  created_at_ms bigint not null
);

create table attributions (
  id text primary key,
  customer text not null unique,
  partner text not null references partners (id),
  reason text not null,
  attributed_at_ms bigint not null
);

create table commissions (
  id text primary key,
  partner text not null references partners (id),
  customer text not null,
  document text not null unique,
  document_number bigint not null,
  currency text not null,
  basis_points bigint not null,
  base_nanos bigint not null,
  amount_nanos bigint not null,
  reverses text references commissions (id),
  earned_at_ms bigint not null
);
create index commissions_partner on commissions (partner, earned_at_ms);
