-- Where an API key may be used from, as JSON, and until when.
alter table api_keys add column addresses text;
alter table api_keys add column expires_at_ms bigint;
