create table feedback (
  id text primary key,
  prediction text not null,
  endpoint text not null,
  release text not null,
  model text not null,
  customer text not null,
  predicted_at_ms bigint not null,
  source text not null,
  kind text not null,
  value text not null,
  stance text not null,
  created_at_ms bigint not null,
  superseded_at_ms bigint
);
create unique index feedback_current on feedback (prediction, kind, source) where superseded_at_ms is null;
create index feedback_prediction on feedback (prediction, id);
create index feedback_customer on feedback (customer, id);

create table review_items (
  id text primary key,
  prediction text not null unique,
  endpoint text not null,
  release text not null,
  model text not null,
  customer text not null,
  predicted_at_ms bigint not null,
  input_text text not null,
  consent text not null,
  answer_label text not null,
  answer_probability double precision not null,
  labels text not null,
  proposals text not null,
  stance text not null,
  sampled bigint not null,
  priority double precision not null,
  state text not null,
  revision bigint not null,
  reviewer text,
  claimed_until_ms bigint,
  label text,
  reason text,
  ended_at_ms bigint,
  created_at_ms bigint not null
);
create index review_items_queue on review_items (state, priority);

create table review_votes (
  item text not null references review_items (id),
  reviewer text not null,
  label text not null,
  created_at_ms bigint not null,
  primary key (item, reviewer)
);

create table review_takes (
  item text not null references review_items (id),
  dataset text not null,
  batch text not null,
  taken_at_ms bigint not null,
  primary key (item, dataset)
);
create index review_takes_batch on review_takes (dataset, batch);
