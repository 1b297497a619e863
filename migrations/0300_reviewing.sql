-- Reviewing by several people: what they are told, when they agree, and items whose right label is known.

create table review_guides (
  endpoint text primary key,
  instructions text not null,
  reviewers bigint not null, -- how many must give the same label
  updated_at_ms bigint not null
);

alter table review_items add column disagreeing bigint not null default 0; -- 1 while its votes differ and nobody decided
alter table review_items add column adjudicated bigint not null default 0; -- 1 when one person decided over differing votes
alter table review_items add column gold bigint not null default 0; -- 1 when it tests reviewers
create index review_items_endpoint on review_items (endpoint, state);
create index review_items_disagreeing on review_items (disagreeing, priority);
create index review_items_gold on review_items (gold, endpoint);
create index review_votes_reviewer on review_votes (reviewer, created_at_ms);
