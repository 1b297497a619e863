create table runs (
  id text primary key,
  name text not null,
  dataset_version text not null,
  recipe text not null,
  recipe_digest text not null,
  seed bigint not null,
  parent text,
  job text not null,
  model text,
  evaluation text,
  curves text,
  took_ms bigint,
  created_at_ms bigint not null
);
create unique index runs_by_job on runs (job);

create table evaluations (
  id text primary key,
  model text not null,
  dataset_version text not null,
  split text not null,
  metrics text not null,
  baselines text not null,
  slices text not null,
  predictions text not null,
  created_at_ms bigint not null
);
create unique index evaluations_by_subject on evaluations (model, dataset_version, split);
