alter table plans add column offered bigint not null default 0;
alter table api_keys add column products text;
