alter table rate_cards rename column price to components;
update rate_cards set components = '[{"unit":"predictions","price":' || components || '}]';

alter table usage_periods rename column price to components;
update usage_periods set components = '[{"unit":"predictions","price":' || components || '}]';

create table usage_counters (
  period text not null references usage_periods (id),
  unit text not null,
  used bigint not null,
  held bigint not null,
  late bigint not null,
  primary key (period, unit)
);
insert into usage_counters (period, unit, used, held, late)
  select id, 'predictions', used_units, held_units, late_units from usage_periods
  where used_units <> 0 or held_units <> 0 or late_units <> 0;
alter table usage_periods drop column used_units;
alter table usage_periods drop column held_units;
alter table usage_periods drop column late_units;

alter table usage_events add column quantities text not null default '{}';
update usage_events set quantities = '{"predictions":' || units || '}';
alter table usage_events add column entry text;
update usage_events set entry = (select id from ledger_entries where kind = 'usage' and cause = usage_events.prediction);

update ledger_holds set detail = replace(detail, '"units":', '"quantities":{"predictions":')
  where state = 'open' and detail like '%"units":%';
update ledger_holds set detail = replace(detail, ',"keyUnits":', '},"keyUnits":')
  where state = 'open' and detail like '%"quantities":{"predictions":%';

alter table invoice_lines add column unit text;
update invoice_lines set unit = 'predictions' where kind = 'usage';
