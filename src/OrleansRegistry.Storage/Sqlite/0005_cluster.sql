-- What must stay as it is for as long as the rows do.
create table registry_setting (
    name text primary key,
    value text not null
) without rowid;
