-- Sums of finished days, so that a report need not read every posting again. Each day says of how many entries and
-- predictions it is the sum: both are only ever added, so a day with as many as then is what it was.

create index ledger_entries_time on ledger_entries (at_ms);
create index predictions_time on predictions (created_at_ms);

create table insight_days (
  day bigint primary key, -- since 1970-01-01
  entries bigint not null,
  predictions bigint not null
);

create table insight_day_money (
  day bigint not null,
  kind text not null,
  currency text not null,
  customer text not null, -- whom it was about, or whose account it is
  model text,
  amount_nanos bigint not null
);
create index insight_day_money_day on insight_day_money (day);

create table insight_day_answers (
  day bigint not null,
  model text not null,
  customer text not null,
  answers bigint not null,
  primary key (day, model, customer)
);
