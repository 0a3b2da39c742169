-- Who an actor is, and why they did it.
alter table registry_event add column actor_name text;
alter table registry_event add column comment text;

-- What lists of events narrow by.
create index registry_event_by_time on registry_event (workspace, at, position);
create index registry_event_by_actor on registry_event (workspace, actor, position);

-- The history of a model's primary. Instants of a model never go back.
create index registry_event_primary on registry_event (workspace, model_id, at, position)
    where type = 'primary.changed';
