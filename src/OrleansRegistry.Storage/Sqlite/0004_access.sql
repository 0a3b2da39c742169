-- Events of workspaces, keys, rates and webhooks stand beside those of models: they have no model, and the row that brought them takes its
-- place in what lets none in twice.
drop trigger registry_commit;
drop trigger registry_commit_first;
drop trigger registry_meter;
drop trigger registry_closed;

create table registry_happened (
    position integer primary key autoincrement,
    source text not null,
    revision integer not null,
    n integer not null,
    workspace text not null,
    model_id text,
    version_id text,
    type text not null,
    at text not null,
    actor text not null,
    data text not null,
    unique (source, revision, n)
);

insert into registry_happened (position, source, revision, n, workspace, model_id, version_id, type, at, actor, data)
    select position, 'model/' || workspace || '/' || model_id, revision, n, workspace, model_id, version_id, type, at, actor, data
    from registry_event order by position;

drop table registry_event;
alter table registry_happened rename to registry_event;

create index registry_event_by_workspace on registry_event (workspace, position);
create index registry_event_by_model on registry_event (workspace, model_id, position) where model_id is not null;
create index registry_event_by_version on registry_event (workspace, version_id, position) where version_id is not null;

-- The workspace that an API key acts in.
alter table registry_state add column acts_in text generated always as (
    case when kind = 'key' and json_valid(payload) then payload ->> '$.key.workspace' end) virtual;

create index registry_key_by_workspace on registry_state (acts_in, key) where kind = 'key';

-- How much a workspace holds, from an index alone.
alter table registry_state add column version_count integer generated always as (
    case when kind = 'model' and json_valid(payload) then payload ->> '$.version_count' end) virtual;
alter table registry_state add column active_count integer generated always as (
    case when kind = 'model' and json_valid(payload) then json_array_length(payload, '$.active') end) virtual;

create index registry_model_use on registry_state (workspace, version_count, active_count) where kind = 'model' and deleted_at is null;

create trigger registry_meter after insert on registry_event when new.type = 'usage.recorded'
begin
    insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
        values (new.workspace, new.model_id, cast(substr(new.version_id, instr(new.version_id, '-') + 1) as integer),
                new.data ->> '$.stage', new.data ->> '$.instance_type',
                strftime('%s', new.data ->> '$.started_at') * 1000 + substr(new.data ->> '$.started_at', 21, 3),
                strftime('%s', new.data ->> '$.ended_at') * 1000 + substr(new.data ->> '$.ended_at', 21, 3));
end;

-- As before, for what concerns a model: nothing else changes a bill.
create trigger registry_closed before insert on registry_event when new.model_id is not null
begin
    select raise(abort, 'the month of the command is closed')
        where exists (select 1 from registry_state
                      where kind = 'billing' and key >= 'billing/' || new.workspace || '/' || substr(new.at, 1, 7) and key < 'billing/' || new.workspace || '0');
end;

-- As before, for every kind of row that brings events along. A row that belongs to no workspace says which one its events are in.
create trigger registry_commit after update of payload on registry_state
when new.kind in ('model', 'rates', 'webhook', 'key', 'workspace') and json_valid(new.payload)
    and coalesce(json_type(new.payload, '$.events'), json_type(new.payload, '$.version_writes'), json_type(new.payload, '$.not_after')) is not null
begin
    select raise(abort, 'the deadline of the command is over')
        where new.payload ->> '$.not_after' < strftime('%Y-%m-%dT%H:%M:%fZ', 'now');
    insert into registry_state (key, kind, version, payload, modified_on)
        select value ->> '$.key', 'version', 1, value -> '$.state', new.modified_on
        from json_each(new.payload, '$.version_writes') where value ->> '$.expect' is null;
    update registry_state set payload = written.value -> '$.state', version = version + 1, modified_on = new.modified_on
        from json_each(new.payload, '$.version_writes') as written
        where registry_state.kind = 'version' and registry_state.key = written.value ->> '$.key' and version = written.value ->> '$.expect';
    select raise(abort, 'the row of a version is another than expected')
        where changes() <> (select count(*) from json_each(new.payload, '$.version_writes') where value ->> '$.expect' is not null);
    insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
        select new.key, new.version, key + 1, coalesce(value ->> '$.workspace', new.workspace), new.model_id, value ->> '$.version_id',
               value ->> '$.type', value ->> '$.at', value ->> '$.actor', value -> '$.data'
        from json_each(new.payload, '$.events') order by key;
    update registry_state set payload = json_remove(new.payload, '$.version_writes', '$.events', '$.not_after')
        where key = new.key and kind = new.kind;
end;

create trigger registry_commit_first after insert on registry_state
when new.kind in ('model', 'rates', 'webhook', 'key', 'workspace')
begin
    update registry_state set payload = new.payload where key = new.key and kind = new.kind;
end;
