-- how the business shows itself; null: as the software does
create table branding (
  id bigint primary key check (id = 1),
  name text,
  accent text,
  support_email text
);
insert into branding (id) values (1);
