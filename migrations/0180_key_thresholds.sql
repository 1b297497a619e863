-- Shares of a key's quota of which is told once, when usage reaches them. JSON; null without any.
alter table api_keys add column quota_thresholds text;
