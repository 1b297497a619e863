-- How long a kind of data is kept, where an owner has said so; days is null for ever.
create table retention_settings (
  kind text primary key,
  days bigint,
  changed_at_ms bigint not null
);

-- Up to where texts of predictions were forgotten, so that each sweep looks at what is new alone.
create table retention_swept (
  kind text primary key,
  before_ms bigint not null
);
create index gateway_captures_time on gateway_captures (created_at_ms);
