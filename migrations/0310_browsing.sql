-- Looking through the examples of a version, and what was found to be doubtful in it.

create index data_members_order on data_members (dataset_id, ordinal);
create index data_examples_group on data_examples (dataset_id, group_name);

create table label_audits (
  version text primary key,
  examined bigint not null,
  found text not null, -- JSON: the doubtful examples, the most doubtful first
  created_at_ms bigint not null
);
