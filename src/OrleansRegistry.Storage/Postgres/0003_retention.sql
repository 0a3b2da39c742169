-- Models of which events were removed because of their age: their history can't be played from the beginning any more.
create table registry_pruned (
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    primary key (workspace, model_id)
);
