-- What the team asked an upstream from the console, to try it: what it cost, and never what was asked. No customer pays for it.
create table chat_trials (
  id text primary key,
  endpoint text not null,
  model text not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  estimated bigint not null,
  currency text not null,
  cost_nanos bigint not null,
  created_at_ms bigint not null
);
create index chat_trials_endpoint on chat_trials (endpoint, created_at_ms);
