-- What the world sees of a product, where the team shows it.
create table product_pages (
  product text primary key references products (id),
  shown bigint not null,
  description text not null,
  examples text not null,
  tries_per_day bigint not null,
  sign_up_plan text references plans (id),
  sign_up_units bigint,
  updated_at_ms bigint not null
);

-- How often an address, or everybody together, has used something that is limited by day; the bucket is a keyed hash.
create table daily_uses (
  bucket text not null,
  day bigint not null,
  uses bigint not null,
  primary key (bucket, day)
);

-- Answers that visitors got for nothing: no customer, no usage event, no posting.
create table trials (
  id text primary key,
  product text not null references products (id),
  model text not null,
  release_id text not null,
  compute_ms double precision not null,
  created_at_ms bigint not null
);
create index trials_product on trials (product, id);
