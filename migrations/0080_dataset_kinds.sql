-- What the examples of a dataset are: texts, rows of a table or images. The shape of a table is set by its first import.
alter table data_datasets add column kind text not null default 'text';
alter table data_datasets add column table_shape text; -- JSON
