alter table ledger_holds add column wanted_at_ms bigint;
create index ledger_holds_wanted on ledger_holds (owner) where wanted_at_ms is not null and state = 'open';
