-- Requests of customers that ended without an answer, counted by the minute. What is not known is the empty text: the
-- endpoint and product of a request that was refused before its key was known to be entitled to them, the customer of a
-- wrong key.
create table request_failures (
  minute_ms bigint not null,
  endpoint text not null,
  product text not null,
  customer text not null,
  code text not null,
  requests bigint not null,
  primary key (minute_ms, endpoint, product, customer, code)
);
create index request_failures_customer on request_failures (customer, minute_ms);
create index request_failures_endpoint on request_failures (endpoint, minute_ms);
