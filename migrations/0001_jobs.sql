create table jobs (
  id text primary key,
  kind text not null,
  payload text not null,
  state text not null,
  run_at_ms bigint not null,
  attempts bigint not null,
  attempts_max bigint not null,
  lease_owner text,
  lease_until_ms bigint,
  cancel_requested bigint not null,
  progress text,
  result text,
  error text,
  created_at_ms bigint not null,
  finished_at_ms bigint
);
create index jobs_waiting on jobs (state, run_at_ms);
