create table models (
  id text primary key,
  name text not null,
  task text not null,
  labels text not null,
  digest text not null,
  files text not null,
  onnx_bytes bigint not null,
  run text,
  dataset_version text,
  recipe text,
  parent text,
  summary text,
  created_at_ms bigint not null
);
create index models_by_dataset_version on models (dataset_version);
