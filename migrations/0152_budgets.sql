alter table customers add column time_zone text not null default 'UTC';
-- 1: has budgets; 2: hard ones of keys; 4: hard ones of end users; and 8 for each change of them
alter table customers add column budgets bigint not null default 0;
alter table usage_periods add column budgeted bigint not null default 0;
alter table usage_events add column end_user text;

create table budgets (
  id text primary key,
  customer text not null references customers (id),
  scope text not null,
  subject text not null,
  every text not null,
  mode text not null,
  amount_nanos bigint not null,
  alert_percent bigint,
  time_zone text not null,
  set_by text not null,
  created_at_ms bigint not null,
  ended_at_ms bigint
);
create unique index budgets_live on budgets (customer, scope, subject, every, set_by) where ended_at_ms is null;

create table budget_windows (
  budget text not null references budgets (id),
  end_user text not null,
  start_ms bigint not null,
  end_ms bigint not null,
  spent_nanos bigint not null,
  held_nanos bigint not null,
  told bigint not null,
  primary key (budget, end_user, start_ms)
);

create index ledger_holds_account on ledger_holds (account) where state = 'open';
