-- The newest jobs of a kind, however many others there are.
create index jobs_kind on jobs (kind, id);
