-- All rows of grain state. Where a row belongs is read from its key, so that no payload can put it elsewhere. The other columns are what
-- the catalog filters and sorts by; a payload of the wrong shape leaves them null.
create table registry_state (
    key text collate "C" not null,
    kind text collate "C" not null,
    version integer not null,
    payload jsonb,
    modified_on timestamptz not null default now(),
    workspace text collate "C" generated always as (split_part(key, '/', 2)) stored,
    model_id text collate "C" generated always as (case when kind in ('model', 'version') then split_part(split_part(key, '/', 3), '-', 1) end) stored,
    ordinal integer generated always as (case kind when 'version' then substring(key from '-(\d{1,9})$')::integer end) stored,
    name text collate "C" generated always as (case kind when 'model' then payload ->> 'name' when 'version' then payload ->> 'model_name' end) stored,
    search_name text collate "C" generated always as (payload ->> 'search_name') stored,
    created_at text collate "C" generated always as (payload ->> 'created_at') stored,
    deleted_at text collate "C" generated always as (payload ->> 'deleted_at') stored,
    labels jsonb generated always as (payload -> 'labels') stored,
    primary_ordinal integer generated always as (substring(payload -> 'primary' ->> 'ordinal' from '^\d{1,9}$')::integer) stored,
    number text collate "C" generated always as (case kind when 'version' then payload ->> 'version' end) stored,
    major integer generated always as (substring(case kind when 'version' then payload ->> 'version' end from '^(\d{1,9})\.')::integer) stored,
    minor integer generated always as (substring(case kind when 'version' then payload ->> 'version' end from '^\d{1,9}\.(\d{1,9})\.')::integer) stored,
    state text collate "C" generated always as (payload ->> 'state') stored,
    serving_status text collate "C" generated always as (payload -> 'serving' ->> 'status') stored,
    external_id text collate "C" generated always as (payload ->> 'external_id') stored,
    idempotency_key text collate "C" generated always as (payload -> 'idempotency' ->> 'key') stored,
    primary key (key, kind)
) with (fillfactor = 80);

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

-- What happened, stored by the statement that made it happen. A position is given after commit, see sequence_events.
create table registry_event (
    id bigint generated always as identity primary key,
    position bigint unique,
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    revision integer not null,
    n integer not null,
    type text collate "C" not null,
    at text collate "C" not null,
    version_id text collate "C",
    actor text not null,
    data jsonb not null,
    unique (workspace, model_id, revision, n)
);

create index registry_event_unnumbered on registry_event (id) where position is null;
create index registry_event_by_workspace on registry_event (workspace, position);
create index registry_event_by_model on registry_event (workspace, model_id, position);
create index registry_event_by_version on registry_event (workspace, version_id, position) where version_id is not null;

-- Stores what a model's row brings along - rows of versions, each with the row version it replaces, and events - and strips it. One
-- conflict undoes the whole statement.
create function registry_commit() returns trigger language plpgsql as $$
declare
    written jsonb;
    stored integer;
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
    insert into registry_event (workspace, model_id, revision, n, type, at, version_id, actor, data)
        select split_part(new.key, '/', 2), split_part(new.key, '/', 3), new.version, happened.n, happened.event ->> 'type', happened.event ->> 'at',
               happened.event ->> 'version_id', happened.event ->> 'actor', happened.event -> 'data'
        from jsonb_array_elements(coalesce(new.payload -> 'events', '[]')) with ordinality as happened (event, n);
    -- Last, because the statement may have waited for rows that others held.
    if (new.payload ->> 'not_after')::timestamptz < clock_timestamp() then
        raise exception 'the deadline of the command is over';
    end if;
    new.payload := new.payload - 'version_writes' - 'events' - 'not_after';
    return new;
end
$$;

create trigger registry_commit before insert or update on registry_state
    for each row when (new.kind = 'model' and jsonb_typeof(new.payload) = 'object') execute function registry_commit();

-- Numbers committed events in the order in which they were inserted. Readers call it first: a position is never given to an event that
-- is not committed, and never below one that was given before, so that whoever follows positions misses none.
create function sequence_events() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('registry_event.position', 0));
    with unnumbered as (
        select id, row_number() over (order by id) as n from registry_event where position is null
    ), last as (
        select coalesce(max(position), 0) as position from registry_event
    )
    update registry_event set position = last.position + unnumbered.n
        from unnumbered, last where registry_event.id = unnumbered.id;
end
$$;

create view catalog_model as
    select key, workspace, model_id, name, search_name, created_at, deleted_at, labels, version as revision, payload::text as payload
    from registry_state where kind = 'model';

create view catalog_version as
    select v.key, v.workspace, v.model_id, v.name as model_name, v.ordinal, v.number, v.major, v.minor,
           case when m.deleted_at is null then v.state else 'deleted' end as state, v.external_id, v.idempotency_key, v.labels, v.serving_status,
           v.version as revision, v.payload::text as payload, coalesce(m.primary_ordinal = v.ordinal, false) as is_primary, m.deleted_at as model_deleted_at,
           m.key is not null as has_model
    from registry_state v
    left join registry_state m on m.kind = 'model' and m.key = 'model/' || v.workspace || '/' || v.model_id
    where v.kind = 'version';
