alter table plans add column requests_per_minute bigint;
alter table plans add column tokens_per_minute bigint;
alter table customers add column requests_per_minute bigint;
alter table customers add column tokens_per_minute bigint;
alter table api_keys add column requests_per_minute bigint;
alter table api_keys add column tokens_per_minute bigint;

-- how much of the newest minute was given out to processes, for a subscription or a key
create table rate_windows (
  bucket text not null,
  unit text not null,
  start_ms bigint not null,
  taken bigint not null,
  wanted_at_ms bigint,
  primary key (bucket, unit)
);
create index rate_windows_wanted on rate_windows (wanted_at_ms) where wanted_at_ms is not null;
