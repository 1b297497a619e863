-- Pretrained networks that turn text into vectors, by the name that recipes use; a name never gets another encoder.
create table encoders (
  name text primary key,
  facts text not null, -- JSON
  onnx text not null,
  tokenizer text not null,
  onnx_bytes bigint not null,
  created_at_ms bigint not null
);
