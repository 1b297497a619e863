-- 1: has, or had, credit that is kept to some products
alter table customers add column kept bigint not null default 0;
alter table usage_periods add column kept bigint not null default 0;

-- ids as JSON; null: for the whole balance
alter table credit_grants add column products text;
-- sets aside on the balance what is left of a kept grant and lent to no period
alter table credit_grants add column hold text;

create table kept_credit_uses (
  credit_grant text not null references credit_grants (id),
  period text not null references usage_periods (id),
  lent_nanos bigint not null,
  used_nanos bigint not null,
  primary key (period, credit_grant),
  check (lent_nanos >= 0 and used_nanos >= 0)
);
create index kept_credit_uses_grant on kept_credit_uses (credit_grant);
