-- Datasets, their immutable versions, and the examples they hold.

create table data_datasets (
  id text primary key,
  name text not null unique,
  seed text not null,
  validation_share double precision not null,
  test_share double precision not null,
  latest_number bigint not null, -- 0 before the first version
  redacts bigint not null, -- 1 once an import redacted personal data: then everything later is redacted too
  created_at_ms bigint not null
);

create table data_versions (
  id text primary key,
  dataset_id text not null references data_datasets (id),
  number bigint not null, -- 1, 2, 3 within the dataset
  parent_id text references data_versions (id),
  digest text not null,
  test_digest text not null,
  counts text not null, -- JSON: examples by part
  labels text not null, -- JSON: labels in order
  report text not null, -- JSON: the data report
  note text not null,
  created_at_ms bigint not null,
  unique (dataset_id, number)
);

-- An example is written before the version that brings it: until that version's row exists, nobody sees it.
create table data_examples (
  id text primary key,
  dataset_id text not null references data_datasets (id),
  born_version_id text not null,
  ordinal bigint not null, -- order of arrival within the dataset
  input_hash text not null,
  content_hash text not null,
  input text not null,
  label text,
  group_name text not null,
  split text not null, -- train, validation, test or held: never changes
  born_part text not null,
  sketch text not null,
  provenance text not null, -- JSON
  created_at_ms bigint not null,
  erased_at_ms bigint
);

create index data_examples_born on data_examples (born_version_id);
create index data_examples_dataset on data_examples (dataset_id, id);

-- Membership as half-open intervals of version numbers: a new version writes only what changed.
create table data_members (
  dataset_id text not null references data_datasets (id),
  example_id text not null references data_examples (id),
  part text not null, -- train, validation, test, pool or held
  ordinal bigint not null,
  since_number bigint not null,
  until_number bigint not null,
  primary key (example_id, since_number)
);

create index data_members_part on data_members (dataset_id, part, ordinal);
