-- Trainings that look for something before a model is made: cross-validation, learning curves, hyperparameters, recipes.
create table searches (
  id text primary key,
  kind text not null,
  dataset_version text not null,
  spec text not null, -- JSON
  seed bigint not null,
  trains bigint not null,
  run_name text,
  job text not null,
  outcome text, -- JSON
  run text,
  created_at_ms bigint not null
);
create unique index searches_by_job on searches (job);

-- One training of a search, written when it has ended: a killed search does not repeat it.
create table search_trials (
  search text not null,
  number bigint not null,
  trial text not null, -- JSON
  outcome text not null, -- JSON
  primary key (search, number)
);
