-- What a product's requests are checked against, and what of them is kept.
create table gateway_policies (
  product text primary key references products (id),
  policy text not null,
  updated_at_ms bigint not null
);

-- Requests and answers of customers who agreed, redacted.
create table gateway_captures (
  prediction text primary key,
  product text not null,
  customer text not null,
  door text not null,
  request text not null,
  answer text not null,
  created_at_ms bigint not null
);
create index gateway_captures_product on gateway_captures (product, prediction);
