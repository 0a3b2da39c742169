-- Whoever deletes a model deletes its versions. Those that were not active are not in what the command brings: each gets its event from its row,
-- before the model's own. Nothing of it changes a bill.
drop trigger registry_closed;
drop trigger registry_commit;

-- Those of models that were deleted before have theirs at the end.
insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
    select deleted.source, deleted.revision, deleted.n + row_number() over (partition by deleted.source order by version.ordinal), deleted.workspace,
           deleted.model_id, version.id, 'version.deleted', deleted.at, deleted.actor, '{}'
    from registry_event as deleted
    join registry_state as version on version.kind = 'version' and version.workspace = deleted.workspace and version.model_id = deleted.model_id
    where deleted.type = 'model.deleted' and version.state is not 'deleted'
    order by deleted.position, version.ordinal;

create trigger registry_closed before insert on registry_event when new.model_id is not null
begin
    select raise(abort, 'the month of the command is closed')
        where exists (select 1 from registry_state
                      where kind = 'billing' and key >= 'billing/' || new.workspace || '/' || substr(new.at, 1, 7) and key < 'billing/' || new.workspace || '0');
end;

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
        from json_each(new.payload, '$.events') where value ->> '$.type' <> 'model.deleted' order by key;
    insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
        select new.key, new.version, deleted.key + row_number() over (order by version.ordinal), new.workspace, new.model_id, version.id,
               'version.deleted', deleted.value ->> '$.at', deleted.value ->> '$.actor', '{}'
        from json_each(new.payload, '$.events') as deleted
        join registry_state as version on version.kind = 'version' and version.workspace = new.workspace and version.model_id = new.model_id
        where deleted.value ->> '$.type' = 'model.deleted' and version.state is not 'deleted'
        order by version.ordinal;
    insert into registry_event (source, revision, n, workspace, model_id, type, at, actor, data)
        select new.key, new.version, 1 + (select count(*) from registry_event where source = new.key and revision = new.version), new.workspace,
               new.model_id, value ->> '$.type', value ->> '$.at', value ->> '$.actor', value -> '$.data'
        from json_each(new.payload, '$.events') where value ->> '$.type' = 'model.deleted';
    update registry_state set payload = json_remove(new.payload, '$.version_writes', '$.events', '$.not_after')
        where key = new.key and kind = new.kind;
end;
