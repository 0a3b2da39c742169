-- All rows of grain state. Where a row belongs is read from its key, so that no payload can put it elsewhere. The other columns are what
-- the catalog filters and sorts by; a payload that is no JSON, or of the wrong shape, leaves them null.
create table registry_state (
    key text not null,
    kind text not null,
    version integer not null,
    payload text,
    modified_on text not null,
    workspace text generated always as (substr(key, length(kind) + 2, instr(substr(key, length(kind) + 2), '/') - 1)) virtual,
    id text generated always as (substr(key, length(kind) + length(workspace) + 3)) virtual,
    model_id text generated always as (case kind when 'model' then id when 'version' then substr(id, 1, instr(id, '-') - 1) end) virtual,
    ordinal integer generated always as (case kind when 'version' then cast(substr(id, instr(id, '-') + 1) as integer) end) virtual,
    name text generated always as (
        case when json_valid(payload) then case kind when 'model' then payload ->> '$.name' when 'version' then payload ->> '$.model_name' end end) virtual,
    search_name text generated always as (case when json_valid(payload) then payload ->> '$.search_name' end) virtual,
    created_at text generated always as (case when json_valid(payload) then payload ->> '$.created_at' end) virtual,
    deleted_at text generated always as (case when json_valid(payload) then payload ->> '$.deleted_at' end) virtual,
    labels text generated always as (case when json_valid(payload) then payload -> '$.labels' end) virtual,
    primary_ordinal integer generated always as (case when json_valid(payload) then payload ->> '$.primary.ordinal' end) virtual,
    number text generated always as (case when kind = 'version' and json_valid(payload) then payload ->> '$.version' end) virtual,
    major integer generated always as (case when number glob '[0-9]*.[0-9]*.[0-9]*' then cast(number as integer) end) virtual,
    minor integer generated always as (
        case when major is not null then cast(substr(number, instr(number, '.') + 1) as integer) end) virtual,
    state text generated always as (case when json_valid(payload) then payload ->> '$.state' end) virtual,
    serving_status text generated always as (case when json_valid(payload) then payload ->> '$.serving.status' end) virtual,
    external_id text generated always as (case when json_valid(payload) then payload ->> '$.external_id' end) virtual,
    idempotency_key text generated always as (case when json_valid(payload) then payload ->> '$.idempotency.key' end) virtual,
    primary key (key, kind)
);

create index registry_model_by_name on registry_state (workspace, name, model_id) where kind = 'model' and deleted_at is null;
create index registry_model_by_search_name on registry_state (workspace, search_name) where kind = 'model' and deleted_at is null;
create index registry_model_by_age on registry_state (workspace, created_at, model_id) where kind = 'model' and deleted_at is null;
create unique index registry_version_by_ordinal on registry_state (workspace, model_id, ordinal) where kind = 'version';
create unique index registry_version_by_number on registry_state (workspace, model_id, number) where kind = 'version';
create index registry_version_by_line on registry_state (workspace, model_id, major, minor, ordinal) where kind = 'version';
create index registry_version_by_external_id on registry_state (workspace, model_id, external_id) where kind = 'version' and external_id is not null;
create unique index registry_version_by_idempotency_key on registry_state (workspace, name, idempotency_key)
    where kind = 'version' and idempotency_key is not null;
create index registry_version_starting on registry_state (workspace, model_id) where kind = 'version' and serving_status = 'starting';

-- What happened, stored by the statement that made it happen. One writer at a time makes the row id a position: it rises in order of
-- commit and leaves no gap, since a statement that is undone gives its numbers back.
create table registry_event (
    position integer primary key autoincrement,
    workspace text not null,
    model_id text not null,
    revision integer not null,
    n integer not null,
    type text not null,
    at text not null,
    version_id text,
    actor text not null,
    data text not null,
    unique (workspace, model_id, revision, n)
);

create index registry_event_by_workspace on registry_event (workspace, position);
create index registry_event_by_model on registry_event (workspace, model_id, position);
create index registry_event_by_version on registry_event (workspace, version_id, position) where version_id is not null;

-- Stores what a model's row brings along - rows of versions, each with the row version it replaces, and events - and strips it. One
-- conflict undoes the whole statement. The update that strips brings nothing, so that it runs no trigger again.
create trigger registry_commit after update of payload on registry_state
when new.kind = 'model' and json_valid(new.payload)
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
    insert into registry_event (workspace, model_id, revision, n, type, at, version_id, actor, data)
        select new.workspace, new.model_id, new.version, key + 1, value ->> '$.type', value ->> '$.at',
               value ->> '$.version_id', value ->> '$.actor', value -> '$.data'
        from json_each(new.payload, '$.events') order by key;
    update registry_state set payload = json_remove(new.payload, '$.version_writes', '$.events', '$.not_after')
        where key = new.key and kind = new.kind;
end;

-- A new model's row brings the same along: storing it once more, as it is, runs the trigger above.
create trigger registry_commit_first after insert on registry_state
when new.kind = 'model'
begin
    update registry_state set payload = new.payload where key = new.key and kind = new.kind;
end;

create view catalog_model as
    select key, workspace, model_id, name, search_name, created_at, deleted_at, labels, version as revision, payload
    from registry_state where kind = 'model';

create view catalog_version as
    select v.key, v.workspace, v.model_id, v.name as model_name, v.ordinal, v.number, v.major, v.minor,
           case when m.deleted_at is null then v.state else 'deleted' end as state, v.external_id, v.idempotency_key, v.labels, v.serving_status,
           v.version as revision, v.payload, coalesce(m.primary_ordinal = v.ordinal, false) as is_primary, m.deleted_at as model_deleted_at,
           m.key is not null as has_model
    from registry_state v
    left join registry_state m on m.kind = 'model' and m.key = 'model/' || v.workspace || '/' || v.model_id
    where v.kind = 'version';
