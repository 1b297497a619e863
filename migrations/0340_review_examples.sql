-- Review items of examples beside those of predictions. Both engines make a column optional only by making its table anew.

create table review_items_next (
  id text primary key,
  queue text not null, -- an endpoint's name, or dataset:NAME
  kind text not null, -- what the input is: text, table, image, text-pairs, text-spans
  prediction text unique,
  release text,
  model text,
  customer text,
  predicted_at_ms bigint,
  answer_label text,
  answer_probability double precision,
  dataset text,
  example text unique,
  input_text text, -- of a prediction; an example has its own
  consent text not null,
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
  created_at_ms bigint not null,
  disagreeing bigint not null, -- 1 while its votes differ and nobody decided
  adjudicated bigint not null, -- 1 when one person decided over differing votes
  gold bigint not null -- 1 when it tests reviewers
);
insert into review_items_next
  select id, endpoint, case when substr(input_text, 1, 11) = 'data:image/' then 'image' else 'text' end, prediction,
    release, model, customer, predicted_at_ms, answer_label, answer_probability, null, null, input_text, consent, labels,
    proposals, stance, sampled, priority, state, revision, reviewer, claimed_until_ms, label, reason, ended_at_ms,
    created_at_ms, disagreeing, adjudicated, gold
  from review_items;

create table review_votes_next (
  item text not null references review_items_next (id),
  reviewer text not null,
  label text not null,
  created_at_ms bigint not null,
  primary key (item, reviewer)
);
insert into review_votes_next select item, reviewer, label, created_at_ms from review_votes;

create table review_takes_next (
  item text not null references review_items_next (id),
  dataset text not null,
  batch text not null,
  taken_at_ms bigint not null,
  primary key (item, dataset)
);
insert into review_takes_next select item, dataset, batch, taken_at_ms from review_takes;

drop table review_votes;
drop table review_takes;
drop table review_items;
alter table review_items_next rename to review_items;
alter table review_votes_next rename to review_votes;
alter table review_takes_next rename to review_takes;
alter table review_guides rename column endpoint to queue;

create index review_items_state on review_items (state, priority);
create index review_items_queue on review_items (queue, state);
create index review_items_disagreeing on review_items (disagreeing, priority);
create index review_items_gold on review_items (gold, queue);
create index review_items_dataset on review_items (dataset, state);
create index review_votes_reviewer on review_votes (reviewer, created_at_ms);
create index review_takes_batch on review_takes (dataset, batch);
