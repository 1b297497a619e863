alter table plans add column cycle text not null default '{"every":1,"unit":"month","align":"anniversary"}';
alter table plans add column trial_days bigint not null default 0;

alter table rate_cards add column applies_to text not null default 'all';

alter table subscriptions add column cycle text not null default '{"every":1,"unit":"month","align":"anniversary"}';
alter table subscriptions add column plan_since_ms bigint;
update subscriptions set plan_since_ms = anchor_ms;
alter table subscriptions add column trial_ends_ms bigint;
alter table subscriptions add column next_plan text references plans (id);
alter table subscriptions add column next_plan_at_ms bigint;
alter table subscriptions add column ends_at_ms bigint;

create table subscription_changes (
  id text primary key,
  subscription text not null references subscriptions (id),
  kind text not null,
  from_plan text,
  to_plan text,
  at_ms bigint not null,
  proration text not null,
  recorded_at_ms bigint not null
);
create index subscription_changes_subscription on subscription_changes (subscription, id);
insert into subscription_changes (id, subscription, kind, from_plan, to_plan, at_ms, proration, recorded_at_ms)
  select 'chg_' || substr(id, 5), id, 'started', null, plan, anchor_ms, 'prorated', created_at_ms from subscriptions;

alter table usage_periods add column plan text;
update usage_periods set plan = (select plan from subscriptions where id = usage_periods.subscription);
alter table usage_periods add column whole_start_ms bigint;
alter table usage_periods add column whole_end_ms bigint;
alter table usage_periods add column whole_fee_nanos bigint;
alter table usage_periods add column trial bigint not null default 0;
update usage_periods set whole_start_ms = start_ms, whole_end_ms = end_ms, whole_fee_nanos = fee_nanos;

create table addons (
  id text primary key,
  subscription text not null references subscriptions (id),
  name text not null,
  fee_nanos bigint not null,
  quantity bigint not null,
  from_ms bigint not null,
  until_ms bigint,
  created_at_ms bigint not null
);
create index addons_subscription on addons (subscription, id);

create table coupons (
  id text primary key,
  code text not null unique,
  currency text,
  percent_ppm bigint,
  amount_nanos bigint,
  periods bigint,
  redemptions_max bigint,
  redeemed bigint not null,
  expires_at_ms bigint,
  created_at_ms bigint not null
);

create table coupon_redemptions (
  id text primary key,
  coupon text not null references coupons (id),
  subscription text not null references subscriptions (id),
  periods_left bigint,
  redeemed_at_ms bigint not null,
  unique (coupon, subscription)
);

create table seller (
  id bigint primary key,
  name text,
  address text not null,
  country text,
  tax_id text,
  registered_in text not null,
  prices_include_tax bigint not null,
  time_zone text not null,
  language text not null,
  series text not null,
  payment_days bigint not null,
  terms text,
  dunning_days text not null
);
insert into seller (id, address, registered_in, prices_include_tax, time_zone, language, series, payment_days, dunning_days)
  values (1, '[]', '[]', 0, 'UTC', 'en', 'INV', 14, '[-3,1,7,14]');

create table billing_profiles (
  customer text primary key references customers (id),
  legal_name text,
  address text not null,
  email text,
  country text,
  tax_id text,
  exempt bigint not null,
  language text
);

create table tax_rates (
  id text primary key,
  country text not null,
  name text not null,
  parts_per_million bigint not null,
  from_ms bigint not null,
  created_at_ms bigint not null,
  unique (country, from_ms)
);

create table invoice_items (
  id text primary key,
  customer text not null references customers (id),
  service text not null,
  description text not null,
  quantity bigint not null,
  unit_nanos bigint not null,
  product text,
  state text not null,
  at_ms bigint not null,
  invoice text,
  created_at_ms bigint not null
);
create index invoice_items_pending on invoice_items (customer) where state = 'pending';
create index invoice_items_customer on invoice_items (customer, id);

create table invoices_next (
  id text primary key,
  number bigint not null unique,
  title text not null unique,
  kind text not null,
  customer text not null references customers (id),
  subscription text references subscriptions (id),
  period text references usage_periods (id),
  start_ms bigint not null,
  end_ms bigint not null,
  currency text not null,
  total_nanos bigint not null,
  due_nanos bigint not null,
  tax_nanos bigint not null,
  tax text not null,
  parties text not null,
  carried_in_nanos bigint not null,
  carried_out_nanos bigint not null,
  credits text references invoices_next (id),
  reason text,
  pay_by_ms bigint,
  issued_at_ms bigint not null,
  unique (subscription, period, kind)
);
insert into invoices_next (id, number, title, kind, customer, subscription, period, start_ms, end_ms, currency, total_nanos,
    due_nanos, tax_nanos, tax, parties, carried_in_nanos, carried_out_nanos, credits, reason, pay_by_ms, issued_at_ms)
  select id, number, cast(number as text), kind, customer, subscription, period, start_ms, end_ms, currency, total_nanos, due_nanos, 0,
    '{"treatment":"none"}', '{}', carried_in_nanos, carried_out_nanos, credits, reason, issued_at_ms, issued_at_ms
  from invoices order by invoices.number;
update invoices_next set title = substr('000000' || title, length(title) + 1);

create table invoice_lines_next (
  invoice text not null references invoices_next (id),
  position bigint not null,
  kind text not null,
  unit text,
  description text not null,
  units bigint not null,
  late_units bigint not null,
  exact_nanos bigint not null,
  amount_nanos bigint not null,
  about text,
  primary key (invoice, position)
);
insert into invoice_lines_next (invoice, position, kind, unit, description, units, late_units, exact_nanos, amount_nanos)
  select invoice, position, kind, unit, description, units, late_units, exact_nanos, amount_nanos from invoice_lines;
drop table invoice_lines;
drop table invoices;
alter table invoices_next rename to invoices;
alter table invoice_lines_next rename to invoice_lines;
create index invoices_customer on invoices (customer, id);

create table collections (
  invoice text primary key references invoices (id),
  customer text not null references customers (id),
  state text not null,
  open_nanos bigint not null,
  pay_by_ms bigint not null,
  step bigint not null,
  next_step_ms bigint,
  changed_at_ms bigint not null
);
create index collections_open on collections (customer, pay_by_ms) where state in ('open', 'overdue');
create index collections_due on collections (next_step_ms) where state in ('open', 'overdue');

create table allocations (
  id text primary key,
  invoice text not null references collections (invoice),
  customer text not null,
  source text not null,
  amount_nanos bigint not null,
  at_ms bigint not null
);
create index allocations_invoice on allocations (invoice);
create index allocations_customer on allocations (customer, id);

create table funds (
  customer text primary key references customers (id),
  unapplied_nanos bigint not null
);
insert into funds (customer, unapplied_nanos)
  select c.id, coalesce((select sum(case when a.kind = 'receivable' or c.terms = 'postpaid' then a.balance_nanos else 0 end)
      from ledger_accounts a where a.owner = c.id and a.kind in ('customer', 'receivable')), 0)
    + coalesce((select sum(case when c.terms = 'postpaid' then u.amount_nanos else u.due_nanos end) from usage_events u
      join usage_periods p on p.id = u.period where u.customer = c.id and p.state = 'open'), 0)
  from customers c;
