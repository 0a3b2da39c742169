-- Whoever deletes a model deletes its versions. Those that were not active are not in what the command brings: each gets its event from its row,
-- before the model's own. Nothing of it changes a bill.
drop trigger registry_closed on registry_event;

-- Those of models that were deleted before have theirs at the end.
insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
    select deleted.source, deleted.revision, deleted.n + row_number() over (partition by deleted.source order by version.ordinal), deleted.workspace,
           deleted.model_id, deleted.model_id || '-' || version.ordinal, 'version.deleted', deleted.at, deleted.actor, '{}'
    from registry_event as deleted
    join registry_state as version on version.kind = 'version' and version.workspace = deleted.workspace and version.model_id = deleted.model_id
    where deleted.type = 'model.deleted' and version.state is distinct from 'deleted'
    order by deleted.id, version.ordinal;

-- As before, but once for all that a command tells.
create or replace function registry_closed() returns trigger language plpgsql as $$
begin
    if exists (select 1
               from (select distinct workspace, left(at, 7) as month from inserted where model_id is not null) as told
               join registry_state on kind = 'billing' and key >= 'billing/' || told.workspace || '/' || told.month and key < 'billing/' || told.workspace || '0') then
        raise exception 'the month of the command is closed';
    end if;
    return null;
end
$$;

create trigger registry_closed after insert on registry_event
    referencing new table as inserted for each statement execute function registry_closed();

-- As sequence_events, which this takes the place of, but so many at a time that it ends within the time of a statement. Answers how many.
create function number_events() returns integer language plpgsql as $$
declare
    numbered integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('registry_event.position', 0));
    with unnumbered as (
        select id, row_number() over (order by id) as n
        from (select id from registry_event where position is null order by id limit 10000) as first
    ), last as (
        select coalesce(max(position), 0) as position from registry_event
    )
    update registry_event set position = last.position + unnumbered.n
        from unnumbered, last where registry_event.id = unnumbered.id;
    get diagnostics numbered = row_count;
    return numbered;
end
$$;

-- What nodes of the release before call.
create or replace function sequence_events() returns void language sql as $$
    select number_events()
$$;

create or replace function registry_commit() returns trigger language plpgsql as $$
declare
    written jsonb;
    stored integer;
    given integer := jsonb_array_length(coalesce(new.payload -> 'events', '[]'));
begin
    for written in select value from jsonb_array_elements(coalesce(new.payload -> 'version_writes', '[]')) loop
        if written ->> 'expect' is null then
            insert into registry_state (key, kind, version, payload)
                values (written ->> 'key', 'version', 1, written -> 'state')
                on conflict do nothing;
        else
            update registry_state
                set payload = written -> 'state', version = version + 1, modified_on = now()
                where key = written ->> 'key' and kind = 'version' and version = (written -> 'expect')::integer;
        end if;
        get diagnostics stored = row_count;
        if stored <> 1 then
            raise exception 'the row of % is another than expected', written ->> 'key';
        end if;
    end loop;
    insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
        select new.key, new.version, happened.n, coalesce(happened.event ->> 'workspace', split_part(new.key, '/', 2)),
               case new.kind when 'model' then split_part(new.key, '/', 3) end, happened.event ->> 'version_id',
               happened.event ->> 'type', happened.event ->> 'at', happened.event ->> 'actor', happened.event -> 'data'
        from jsonb_array_elements(coalesce(new.payload -> 'events', '[]')) with ordinality as happened (event, n)
        where happened.event ->> 'type' <> 'model.deleted';
    -- It is the last one of a command.
    written := new.payload -> 'events' -> -1;
    if written ->> 'type' = 'model.deleted' then
        insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
            select new.key, new.version, given - 1 + row_number() over (order by version.ordinal), version.workspace, version.model_id,
                   version.model_id || '-' || version.ordinal, 'version.deleted', written ->> 'at', written ->> 'actor', '{}'
            from registry_state as version
            where version.kind = 'version' and version.workspace = split_part(new.key, '/', 2) and version.model_id = split_part(new.key, '/', 3)
                and version.state is distinct from 'deleted'
            order by version.ordinal;
        get diagnostics stored = row_count;
        insert into registry_event (source, revision, n, workspace, model_id, type, at, actor, data)
            values (new.key, new.version, given + stored, split_part(new.key, '/', 2), split_part(new.key, '/', 3), 'model.deleted',
                    written ->> 'at', written ->> 'actor', written -> 'data');
    end if;
    -- Last, because the statement may have waited for rows that others held.
    if (new.payload ->> 'not_after')::timestamptz < clock_timestamp() then
        raise exception 'the deadline of the command is over';
    end if;
    new.payload := new.payload - 'version_writes' - 'events' - 'not_after';
    return new;
end
$$;
