-- Number: 5
-- All that is no table: views, triggers, stored queries. The whole script runs on a database that has a lower number,
-- so whoever changes it raises the number, and drops what was there before he makes it.

drop view if exists catalog_model;
create view catalog_model as
    select key, workspace, model_id, name, search_name, created_at, deleted_at, labels, version as revision, payload
    from registry_state where kind = 'model';

-- The versions of a model that is deleted are deleted by it (rule L5); their rows stay as they were.
drop view if exists catalog_version;
create view catalog_version as
    select v.key, v.workspace, v.model_id, v.name as model_name, v.ordinal, v.number, v.major, v.minor,
           case when m.deleted_at is null then v.state else 'deleted' end as state, v.external_id, v.idempotency_key,
           v.labels, v.version as revision, v.payload,
           coalesce(m.primary_ordinal = v.ordinal, false) as is_primary, m.deleted_at as model_deleted_at,
           m.key is not null as has_model, v.state as own_state, v.artifact_digest
    from registry_state v
    left join registry_state m on m.kind = 'model' and m.key = 'model/' || v.workspace || '/' || v.model_id
    where v.kind = 'version';

-- Events as they are read. A model's name and a version's number never change, and their rows stay: the first version of
-- a model names it too.
drop view if exists catalog_event;
create view catalog_event as
    select e.position, e.type, e.at, e.workspace, e.model_id, v.name as model_name, e.version_id,
           case when e.version_id is not null then v.number end as version, e.actor, e.actor_name, e.comment, e.data
    from registry_event e
    left join registry_state v
        on v.kind = 'version' and v.workspace = e.workspace and v.model_id = e.model_id
            and v.ordinal = case when e.version_id is null then 1
                else cast(substr(e.version_id, instr(e.version_id, '-') + 1) as integer) end;

-- Stores what a row brings along - rows of versions, each with the row version it replaces, and events - and strips it.
-- One conflict undoes the whole statement. The update that strips brings nothing, so that it runs no trigger again. A
-- row that belongs to no workspace says which one its events are in. A command that deletes a model does not bring its
-- versions that are not active: each has its event from its own row, before the model's, which is the command's last.
drop trigger if exists registry_commit;
create trigger registry_commit after update of payload on registry_state
when new.kind in ('model', 'rates', 'webhook', 'key', 'workspace', 'billing', 'artifact') and json_valid(new.payload)
    and coalesce(
        json_type(new.payload, '$.events'),
        json_type(new.payload, '$.version_writes'),
        json_type(new.payload, '$.not_after')) is not null
begin
    select raise(abort, 'the deadline of the command is over')
        where new.payload ->> '$.not_after' < strftime('%Y-%m-%dT%H:%M:%fZ', 'now');
    insert into registry_state (key, kind, version, payload, modified_on)
        select value ->> '$.key', 'version', 1, value -> '$.state', new.modified_on
        from json_each(new.payload, '$.version_writes') where value ->> '$.expect' is null;
    update registry_state set payload = written.value -> '$.state', version = version + 1, modified_on = new.modified_on
        from json_each(new.payload, '$.version_writes') as written
        where registry_state.kind = 'version' and registry_state.key = written.value ->> '$.key'
            and version = written.value ->> '$.expect';
    select raise(abort, 'the row of a version is another than expected')
        where changes() <> (
            select count(*) from json_each(new.payload, '$.version_writes') where value ->> '$.expect' is not null);
    insert into registry_event (
            source, revision, n, workspace, model_id, version_id, type, at, actor, actor_name, comment, data)
        select new.key, new.version, key + 1, coalesce(value ->> '$.workspace', new.workspace), new.model_id,
               value ->> '$.version_id', value ->> '$.type', value ->> '$.at', value ->> '$.actor',
               value ->> '$.actor_name', value ->> '$.comment', value -> '$.data'
        from json_each(new.payload, '$.events') where value ->> '$.type' <> 'model.deleted' order by key;
    insert into registry_event (
            source, revision, n, workspace, model_id, version_id, type, at, actor, actor_name, comment, data)
        select new.key, new.version, deleted.key + row_number() over (order by version.ordinal), new.workspace,
               new.model_id, version.id, 'version.deleted', deleted.value ->> '$.at', deleted.value ->> '$.actor',
               deleted.value ->> '$.actor_name', deleted.value ->> '$.comment', '{}'
        from json_each(new.payload, '$.events') as deleted
        -- In this order, so that only who deletes a model reads its versions.
        cross join registry_state as version
            on version.kind = 'version' and version.workspace = new.workspace and version.model_id = new.model_id
        where deleted.value ->> '$.type' = 'model.deleted' and version.state is not 'deleted'
        order by version.ordinal;
    insert into registry_event (
            source, revision, n, workspace, model_id, type, at, actor, actor_name, comment, data)
        select new.key, new.version,
               1 + (select count(*) from registry_event where source = new.key and revision = new.version),
               new.workspace, new.model_id, value ->> '$.type', value ->> '$.at', value ->> '$.actor',
               value ->> '$.actor_name', value ->> '$.comment', value -> '$.data'
        from json_each(new.payload, '$.events') where value ->> '$.type' = 'model.deleted';
    update registry_state set payload = json_remove(new.payload, '$.version_writes', '$.events', '$.not_after')
        where key = new.key and kind = new.kind;
end;

-- A new row brings the same along: storing it once more, as it is, runs the trigger above.
drop trigger if exists registry_commit_first;
create trigger registry_commit_first after insert on registry_state
when new.kind in ('model', 'rates', 'webhook', 'key', 'workspace', 'billing', 'artifact')
begin
    update registry_state set payload = new.payload where key = new.key and kind = new.kind;
end;

-- An interval of active time that has ended.
drop trigger if exists registry_meter;
create trigger registry_meter after insert on registry_event when new.type = 'usage.recorded'
begin
    insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
        values (new.workspace, new.model_id, cast(substr(new.version_id, instr(new.version_id, '-') + 1) as integer),
                new.data ->> '$.stage', new.data ->> '$.instance_type',
                strftime('%s', new.data ->> '$.started_at') * 1000 + substr(new.data ->> '$.started_at', 21, 3),
                strftime('%s', new.data ->> '$.ended_at') * 1000 + substr(new.data ->> '$.ended_at', 21, 3));
end;

-- A month that is closed takes no command any more (rule B5): closing waits for an hour, and a command has 30 seconds,
-- so that only a clock that was set back can bring one. It is refused until the clock is right. What concerns no model
-- changes no bill.
drop trigger if exists registry_closed;
create trigger registry_closed before insert on registry_event when new.model_id is not null
begin
    select raise(abort, 'the month of the command is closed')
        where exists (
            select 1 from registry_state
            where kind = 'billing' and key >= 'billing/' || new.workspace || '/' || substr(new.at, 1, 7)
                and key < 'billing/' || new.workspace || '0');
end;

-- What models are searched by: their names, which never change, for as long as they live.
drop trigger if exists registry_search_first;
create trigger registry_search_first after insert on registry_state
when new.kind = 'model' and new.deleted_at is null and new.search_name is not null
begin
    insert into registry_search (workspace, model_id, search_name)
        values (new.workspace, new.model_id, new.search_name) on conflict do nothing;
    insert into registry_search_text (rowid, search_name)
        select id, search_name from registry_search
        where changes() = 1 and workspace = new.workspace and model_id = new.model_id;
end;

drop trigger if exists registry_search_last;
create trigger registry_search_last after update of payload on registry_state
when new.kind = 'model' and new.deleted_at is not null and old.deleted_at is null
begin
    insert into registry_search_text (registry_search_text, rowid, search_name)
        select 'delete', id, search_name from registry_search
        where workspace = new.workspace and model_id = new.model_id;
    delete from registry_search where workspace = new.workspace and model_id = new.model_id;
end;

-- The labels of living models, and of versions.
drop trigger if exists registry_label_first;
create trigger registry_label_first after insert on registry_state
when new.kind in ('model', 'version') and new.labels <> '{}'
begin
    insert into registry_model_label (workspace, label, name, model_id, created_at)
        select distinct new.workspace, label.key || ':' || label.value, new.name, new.model_id, new.created_at
        from json_each(new.labels) as label
        where new.kind = 'model' and new.deleted_at is null and json_type(new.labels) = 'object'
            and new.name is not null and new.created_at is not null;
    insert into registry_version_label (workspace, model_id, label, ordinal)
        select distinct new.workspace, new.model_id, label.key || ':' || label.value, new.ordinal
        from json_each(new.labels) as label
        where new.kind = 'version' and json_type(new.labels) = 'object';
end;

drop trigger if exists registry_label;
create trigger registry_label after update of payload on registry_state
when new.kind in ('model', 'version')
    and (new.labels is not old.labels or (new.kind = 'model' and new.deleted_at is not old.deleted_at))
begin
    delete from registry_model_label
        where old.kind = 'model' and workspace = old.workspace and name = old.name and model_id = old.model_id
            and label in (select label.key || ':' || label.value from json_each(old.labels) as label);
    delete from registry_version_label
        where old.kind = 'version' and workspace = old.workspace and model_id = old.model_id and ordinal = old.ordinal
            and label in (select label.key || ':' || label.value from json_each(old.labels) as label);
    insert into registry_model_label (workspace, label, name, model_id, created_at)
        select distinct new.workspace, label.key || ':' || label.value, new.name, new.model_id, new.created_at
        from json_each(new.labels) as label
        where new.kind = 'model' and new.deleted_at is null and json_type(new.labels) = 'object'
            and new.name is not null and new.created_at is not null;
    insert into registry_version_label (workspace, model_id, label, ordinal)
        select distinct new.workspace, new.model_id, label.key || ':' || label.value, new.ordinal
        from json_each(new.labels) as label
        where new.kind = 'version' and json_type(new.labels) = 'object';
end;

-- The precedence of a version's number, which never changes.
drop trigger if exists registry_precedence;
create trigger registry_precedence after insert on registry_state
when new.kind = 'version' and new.major is not null
begin
    insert into registry_version_precedence (workspace, model_id, precedence, ordinal)
        select new.workspace, new.model_id,
               printf('%09d.%09d.%09d', new.major, new.minor, substr(rest, instr(rest, '.') + 1)) || coalesce('-' || (
                   select group_concat(
                       case when value glob '*[^0-9]*' then '2' || value
                           else '1' || printf('%03d', length(value)) || value
                       end || '!', '')
                   from json_each(
                       '["' || replace(substr(new.number, nullif(instr(new.number, '-'), 0) + 1), '.', '","') || '"]')
               ), '~'), new.ordinal
        from (select substr(new.number, instr(new.number, '.') + 1) as rest)
        where true
        on conflict do nothing;
end;

insert into OrleansQuery (QueryKey, QueryText) values
    ('ReadFromStorageKey', '
        select cast(coalesce(payload, ''null'') as blob) as PayloadBinary, version as Version
        from registry_state
        where key = @GrainIdExtensionString and kind = @GrainTypeString'),
    -- A conflict answers no row.
    ('WriteToStorageKey', '
        insert into registry_state (key, kind, version, payload, modified_on)
        select @GrainIdExtensionString, @GrainTypeString, 1, cast(@PayloadBinary as text),
               strftime(''%Y-%m-%dT%H:%M:%fZ'', ''now'')
        where @GrainStateVersion is null
            or exists (select 1 from registry_state where key = @GrainIdExtensionString and kind = @GrainTypeString)
        on conflict (key, kind) do update
            set payload = excluded.payload, version = version + 1, modified_on = excluded.modified_on
            where version = @GrainStateVersion
        returning version as NewGrainStateVersion'),
    -- Rows are never cleared: a version or model that is deleted keeps its row. No result is a conflict to the caller.
    ('ClearStorageKey', '
        select version as NewGrainStateVersion from registry_state where 1 = 0')
on conflict (QueryKey) do update set QueryText = excluded.QueryText;
