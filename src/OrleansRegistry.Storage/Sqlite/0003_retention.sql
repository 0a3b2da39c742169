-- Models of which events were removed because of their age: their history can't be played from the beginning any more.
create table registry_pruned (
    workspace text not null,
    model_id text not null,
    primary key (workspace, model_id)
) without rowid;
