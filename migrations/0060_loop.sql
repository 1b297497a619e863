create table verdicts (
  id text primary key,
  endpoint text not null,
  champion text not null,
  candidate text not null,
  dataset_version text not null,
  decision text not null,
  reason text not null,
  comparison text not null,
  touches text not null,
  judged_before bigint not null,
  release text,
  created_at_ms bigint not null
);
create unique index verdicts_once on verdicts (endpoint, champion, candidate, dataset_version);
create table loop_turns (
  id text primary key,
  endpoint text not null,
  dataset text not null,
  state text not null,
  recipe text not null,
  seed bigint not null,
  job text not null,
  dataset_version text,
  run text,
  verdict text,
  reviewed bigint,
  reason text,
  created_at_ms bigint not null,
  finished_at_ms bigint
);
create unique index loop_turns_one on loop_turns (endpoint) where state in ('collecting', 'training');
create table loop_triggers (
  endpoint text primary key,
  dataset text not null,
  reviewed_min bigint not null,
  recipe text not null,
  created_at_ms bigint not null
);
