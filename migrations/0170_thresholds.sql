-- Thresholds of a subscription's usage; a period keeps those that it has not reached beside its prices, where every
-- settlement looks anyway.
drop table usage_alerts;
create table usage_thresholds (
  id text primary key,
  subscription text not null references subscriptions (id),
  level text not null,
  set_by text not null,
  created_at_ms bigint not null
);
create index usage_thresholds_subscription on usage_thresholds (subscription);
alter table usage_periods add column watched text;
