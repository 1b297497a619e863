-- a period's events are summed by what earned them: from the index alone, not by a visit to each row
create index usage_events_billing on usage_events (period, model, release, partner, units, amount_nanos, due_nanos);
drop index usage_events_period;
