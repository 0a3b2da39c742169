-- Number: 4
-- All that is no table: views, functions, triggers, stored queries. The whole script runs on a database that has a
-- lower number, beside nodes of the release before: so whoever changes it raises the number, and leaves each function
-- its parameters and its result, each view its columns, and each query what it takes and answers. There may be more of
-- them.

-- Views: before what locks out writers, because these wait for readers.

create or replace view catalog_model as
    select key, workspace, model_id, name, search_name, created_at, deleted_at, labels, version as revision,
           payload::text as payload
    from registry_state where kind = 'model';

-- The versions of a model that is deleted are deleted by it (rule L5); their rows stay as they were.
create or replace view catalog_version as
    select v.key, v.workspace, v.model_id, v.name as model_name, v.ordinal, v.number, v.major, v.minor,
           case when m.deleted_at is null then v.state else 'deleted' end as state, v.external_id, v.idempotency_key,
           v.labels, v.version as revision, v.payload::text as payload,
           coalesce(m.primary_ordinal = v.ordinal, false) as is_primary, m.deleted_at as model_deleted_at,
           m.key is not null as has_model, v.state as own_state, v.artifact_digest
    from registry_state v
    left join registry_state m on m.kind = 'model' and m.key = 'model/' || v.workspace || '/' || v.model_id
    where v.kind = 'version';

-- Events as they are read. A model's name and a version's number never change, and their rows stay: the first version of
-- a model names it too.
create or replace view catalog_event as
    select e.position, e.type, e.at, e.workspace, e.model_id, v.name as model_name, e.version_id,
           case when e.version_id is not null then v.number end as version, e.actor, e.actor_name, e.comment,
           e.data::text as data
    from registry_event e
    left join registry_state v
        on v.kind = 'version' and v.workspace = e.workspace and v.model_id = e.model_id
            and v.ordinal = case when e.version_id is null then 1
                else substring(e.version_id from '-(\d{1,9})$')::integer end;

-- The precedence of numbers, which an index holds.
create or replace view registry_version_precedence as
    select workspace, model_id, registry_precedence(number) collate "C" as precedence, ordinal
    from registry_state where kind = 'version';

-- Functions: what a command stores.

-- Stores what a row brings along - rows of versions, each with the row version it replaces, and events - and strips it.
-- One conflict undoes the whole statement. A row that belongs to no workspace says which one its events are in. A
-- command that deletes a model does not bring its versions that are not active: each has its event from its own row,
-- before the model's, which is the command's last.
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
    insert into registry_event (
            source, revision, n, workspace, model_id, version_id, type, at, actor, actor_name, comment, data)
        select new.key, new.version, happened.n, coalesce(happened.event ->> 'workspace', split_part(new.key, '/', 2)),
               case new.kind when 'model' then split_part(new.key, '/', 3) end, happened.event ->> 'version_id',
               happened.event ->> 'type', happened.event ->> 'at', happened.event ->> 'actor',
               happened.event ->> 'actor_name', happened.event ->> 'comment', happened.event -> 'data'
        from jsonb_array_elements(coalesce(new.payload -> 'events', '[]')) with ordinality as happened (event, n)
        where happened.event ->> 'type' <> 'model.deleted';
    written := new.payload -> 'events' -> -1;
    if written ->> 'type' = 'model.deleted' then
        insert into registry_event (
                source, revision, n, workspace, model_id, version_id, type, at, actor, actor_name, comment, data)
            select new.key, new.version, given - 1 + row_number() over (order by version.ordinal), version.workspace,
                   version.model_id, version.model_id || '-' || version.ordinal, 'version.deleted', written ->> 'at',
                   written ->> 'actor', written ->> 'actor_name', written ->> 'comment', '{}'
            from registry_state as version
            where version.kind = 'version' and version.workspace = split_part(new.key, '/', 2)
                and version.model_id = split_part(new.key, '/', 3) and version.state is distinct from 'deleted'
            order by version.ordinal;
        get diagnostics stored = row_count;
        insert into registry_event (
                source, revision, n, workspace, model_id, type, at, actor, actor_name, comment, data)
            values (new.key, new.version, given + stored, split_part(new.key, '/', 2), split_part(new.key, '/', 3),
                    'model.deleted', written ->> 'at', written ->> 'actor', written ->> 'actor_name',
                    written ->> 'comment', written -> 'data');
    end if;
    -- Last, because the statement may have waited for rows that others held.
    if (new.payload ->> 'not_after')::timestamptz < clock_timestamp() then
        raise exception 'the deadline of the command is over';
    end if;
    new.payload := new.payload - 'version_writes' - 'events' - 'not_after';
    return new;
end
$$;

create or replace function registry_milliseconds(instant text) returns bigint language sql stable as $$
    select (extract(epoch from instant::timestamptz) * 1000)::bigint
$$;

-- An interval of active time that has ended.
create or replace function registry_meter() returns trigger language plpgsql as $$
begin
    insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
        values (new.workspace, new.model_id, substring(new.version_id from '-(\d{1,9})$')::integer,
                new.data ->> 'stage', new.data ->> 'instance_type', registry_milliseconds(new.data ->> 'started_at'),
                registry_milliseconds(new.data ->> 'ended_at'));
    return null;
end
$$;

-- A month that is closed takes no command any more (rule B5): closing waits for an hour, and a command has 30 seconds,
-- so that only a clock that was set back can bring one. It is refused until the clock is right. What concerns no model
-- changes no bill.
create or replace function registry_closed() returns trigger language plpgsql as $$
begin
    if exists (
        select 1
        from (select distinct workspace, left(at, 7) as month from inserted where model_id is not null) as told
        join registry_state on kind = 'billing' and key >= 'billing/' || told.workspace || '/' || told.month
            and key < 'billing/' || told.workspace || '0'
    ) then
        raise exception 'the month of the command is closed';
    end if;
    return null;
end
$$;

-- What models are searched by: their names, which never change, for as long as they live.
create or replace function registry_search() returns trigger language plpgsql as $$
begin
    if new.deleted_at is not null then
        delete from registry_search where workspace = new.workspace and model_id = new.model_id;
    elsif new.search_name is not null then
        insert into registry_search (workspace, model_id, search_name)
            values (new.workspace, new.model_id, new.search_name) on conflict do nothing;
    end if;
    return null;
end
$$;

-- The labels of living models, and of versions.
create or replace function registry_label() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and jsonb_typeof(old.labels) = 'object' then
        if old.kind = 'model' then
            delete from registry_model_label
                where workspace = old.workspace and name = old.name and model_id = old.model_id
                    and label in (select key || ':' || value from jsonb_each_text(old.labels));
        else
            delete from registry_version_label
                where workspace = old.workspace and model_id = old.model_id and ordinal = old.ordinal
                    and label in (select key || ':' || value from jsonb_each_text(old.labels));
        end if;
    end if;
    if jsonb_typeof(new.labels) = 'object' then
        if new.kind = 'version' then
            insert into registry_version_label (workspace, model_id, label, ordinal)
                select distinct new.workspace, new.model_id, key || ':' || value, new.ordinal
                from jsonb_each_text(new.labels);
        elsif new.deleted_at is null and new.name is not null and new.created_at is not null then
            insert into registry_model_label (workspace, label, name, model_id, created_at)
                select distinct new.workspace, key || ':' || value, new.name, new.model_id, new.created_at
                from jsonb_each_text(new.labels);
        end if;
    end if;
    return null;
end
$$;

-- Numbers committed events in the order in which they were inserted, so many at a time that it ends within the time of
-- a statement, and answers how many. Readers call it first, until it answers 0: a position is never given to an event
-- that is not committed, and never below one that was given before, so that whoever follows positions misses none.
create or replace function registry_number_events() returns integer language plpgsql as $$
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

-- Functions: the cluster. Who may write and answer is told in docs/architecture.md.

create or replace function registry_is_member(wanted text) returns boolean language sql stable as $$
    select exists (select from registry_member where silo = wanted and status <> 6)
$$;

-- The members. Whom somebody is declaring dead just now is none: a declaration that doesn't show here begins after this
-- has begun.
create or replace function registry_live_members() returns text[] language plpgsql as $$
declare
    undisputed text[];
begin
    select coalesce(array_agg(silo), '{}') into undisputed from registry_member
        where status <> 6 and pg_try_advisory_xact_lock_shared(hashtextextended('registry_member/' || silo, 0));
    -- A statement of its own: it sees what was committed before the locks were had.
    return (select coalesce(array_agg(silo), '{}') from registry_member where status <> 6 and silo = any(undisputed));
end
$$;

-- Declaring a silo dead (status 6) waits for the writes it has begun; those that come later are refused by
-- registry_fence. Where the next process on the same machine, address and port does it, the old one is gone for
-- certain, and nobody needs to wait for it.
create or replace function registry_declare_dead() returns trigger language plpgsql as $$
declare
    declarer text := coalesce(current_setting('registry.silo', true), '');
begin
    perform pg_advisory_xact_lock(hashtextextended('registry_member/' || old.silo, 0));
    if not exists (
        select from registry_member
        where silo = declarer and (address, port, host_name) = (old.address, old.port, old.host_name)
    ) then
        new.declared_dead_at := clock_timestamp();
    end if;
    return new;
end
$$;

-- How long a silo may go on answering after it has read the members: MembershipLease knows it too.
create or replace function registry_lease() returns interval language sql immutable as $$
    select interval '1.25 seconds'
$$;

-- A silo that others declared dead may be frozen, or cut off from them but not from here, and may go on answering from
-- what it knows, or what others have from it, for a while. Until then what contradicts it must wait.
create or replace function registry_wait_out_lease(term interval) returns void language plpgsql as $$
declare
    remaining double precision;
begin
    select extract(epoch from max(declared_dead_at) + term - clock_timestamp()) into remaining
        from registry_member where declared_dead_at > clock_timestamp() - term;
    if remaining > 0 then
        perform pg_sleep(remaining);
    end if;
end
$$;

-- Lets only members write, and nobody while one who was declared dead may still have a lease on its membership. A
-- connection that names no silo belongs to a database with a single node.
create or replace function registry_fence() returns trigger language plpgsql as $$
declare
    writer text := coalesce(current_setting('registry.silo', true), '');
begin
    if writer <> '' then
        perform pg_advisory_xact_lock_shared(hashtextextended('registry_member/' || writer, 0));
        -- A statement of its own: it sees what was committed while the lock was waited for.
        if not exists (select from registry_member where silo = writer and status <> 6) then
            raise exception 'the silo % is no member of the cluster any more', writer;
        end if;
        perform registry_wait_out_lease(registry_lease());
    end if;
    return null;
end
$$;

-- Gateways hold what a silo said about a key for up to a second more.
create or replace function registry_fence_key() returns trigger language plpgsql as $$
begin
    perform registry_wait_out_lease(registry_lease() + interval '1 second');
    return new;
end
$$;

-- A row of the state. Who was declared dead may have written it last and not have heard so: until its lease is over it
-- goes on answering from what was before, and nobody must answer from what is now.
create or replace function registry_read(wanted text, wanted_kind text)
returns table (payload jsonb, version integer) language plpgsql as $$
declare
    term interval := case wanted_kind when 'key' then registry_lease() + interval '1 second' else registry_lease() end;
begin
    if coalesce(current_setting('registry.silo', true), '') <> '' and exists (
        select from registry_state as state, registry_member as member
        where state.key = wanted and state.kind = wanted_kind
            and member.declared_dead_at > clock_timestamp() - term
            and state.modified_on > member.declared_dead_at - interval '10 seconds'
    ) then
        perform registry_wait_out_lease(term);
    end if;
    return query
        select state.payload, state.version from registry_state as state
        where state.key = wanted and state.kind = wanted_kind;
end
$$;

-- Enters where a grain is now, unless it is elsewhere already; answers where it is. Only a silo that is no member any
-- more loses what it has here to another; so no two silos answer for one grain, except for what registry_fence waits
-- for.
create or replace function registry_locate(
    wanted text, its_silo text, its_activation text, its_version bigint, previous_activation text)
returns setof registry_location language plpgsql as $$
begin
    -- As in registry_fence.
    perform pg_advisory_xact_lock_shared(hashtextextended('registry_member/' || its_silo, 0));
    if not registry_is_member(its_silo) then
        raise exception 'the silo % is no member of the cluster any more', its_silo;
    end if;
    insert into registry_location as present (grain, silo, activation, membership_version)
        values (wanted, its_silo, its_activation, its_version)
        on conflict (grain) do update
            set silo = excluded.silo, activation = excluded.activation, membership_version = excluded.membership_version
            where present.activation = previous_activation or not registry_is_member(present.silo);
    return query select * from registry_location where grain = wanted;
end
$$;

-- Triggers. A trigger is made once writers are done, and lets none in until the script has ended; the tables are locked
-- in the order in which a command writes to them, so that the two never wait for each other.

lock table registry_state, registry_event, registry_member, registry_file, registry_artifact_file
    in share row exclusive mode;

create or replace trigger registry_commit before insert or update on registry_state
    for each row
    when (new.kind in ('model', 'rates', 'webhook', 'key', 'workspace', 'billing', 'artifact') and jsonb_typeof(new.payload) = 'object')
    execute function registry_commit();

create or replace trigger registry_search_first after insert on registry_state
    for each row when (new.kind = 'model') execute function registry_search();

create or replace trigger registry_search_last after update on registry_state
    for each row when (new.kind = 'model' and new.deleted_at is not null and old.deleted_at is null)
    execute function registry_search();

create or replace trigger registry_label_first after insert on registry_state
    for each row when (new.kind in ('model', 'version') and new.labels <> '{}')
    execute function registry_label();

create or replace trigger registry_label after update on registry_state
    for each row
    when (new.kind in ('model', 'version') and (
        new.labels is distinct from old.labels
        or (new.kind = 'model' and new.deleted_at is distinct from old.deleted_at)))
    execute function registry_label();

create or replace trigger registry_fence before insert or update or delete on registry_state
    for each statement execute function registry_fence();

create or replace trigger registry_fence before insert or update or delete on registry_file
    for each statement execute function registry_fence();

create or replace trigger registry_fence before insert or update or delete on registry_artifact_file
    for each statement execute function registry_fence();

create or replace trigger registry_fence_key before update on registry_state
    for each row when (new.kind = 'key') execute function registry_fence_key();

create or replace trigger registry_meter after insert on registry_event
    for each row when (new.type = 'usage.recorded') execute function registry_meter();

create or replace trigger registry_closed after insert on registry_event
    referencing new table as inserted for each statement execute function registry_closed();

create or replace trigger registry_declare_dead before update on registry_member
    for each row when (new.status = 6 and old.status <> 6) execute function registry_declare_dead();

-- Stored queries.

insert into OrleansQuery (QueryKey, QueryText) values
    ('ReadFromStorageKey', $$
        select convert_to(coalesce(payload::text, 'null'), 'UTF8') as PayloadBinary, version as Version
        from registry_read(@GrainIdExtensionString, @GrainTypeString)
    $$),
    -- A conflict answers no row. Two first writes at once are told apart by the primary key, as an error: an "on
    -- conflict do nothing" would come too late, after the trigger had stored what the row brings along.
    ('WriteToStorageKey', $$
        with changed as (
            update registry_state
            set payload = convert_from(@PayloadBinary, 'UTF8')::jsonb, version = version + 1, modified_on = now()
            where key = @GrainIdExtensionString and kind = @GrainTypeString and version = @GrainStateVersion
            returning version
        ), made as (
            insert into registry_state (key, kind, version, payload)
            select @GrainIdExtensionString, @GrainTypeString, 1, convert_from(@PayloadBinary, 'UTF8')::jsonb
            where @GrainStateVersion is null and not exists (
                select 1 from registry_state where key = @GrainIdExtensionString and kind = @GrainTypeString)
            returning version
        )
        select version as NewGrainStateVersion from changed
        union all
        select version from made
    $$),
    -- Rows are never cleared: a version or model that is deleted keeps its row. No result is a conflict to the caller.
    ('ClearStorageKey', $$
        select version as NewGrainStateVersion from registry_state where 1 = 0
    $$),
    ('GatewaysQueryKey', $$
        select address as Address, proxy_port as ProxyPort, generation as Generation
        from registry_member
        where deployment = @DeploymentId and status = @Status and proxy_port > 0
    $$),
    ('MembershipReadAllKey', $$
        select c.deployment as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation,
               m.silo_name as SiloName, m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort,
               m.suspect_times as SuspectTimes, m.start_time as StartTime, m.i_am_alive_time as IAmAliveTime,
               c.version as Version
        from registry_cluster c left join registry_member m on m.deployment = c.deployment
        where c.deployment = @DeploymentId
    $$),
    ('MembershipReadRowKey', $$
        select c.deployment as DeploymentId, m.address as Address, m.port as Port, m.generation as Generation,
               m.silo_name as SiloName, m.host_name as HostName, m.status as Status, m.proxy_port as ProxyPort,
               m.suspect_times as SuspectTimes, m.start_time as StartTime, m.i_am_alive_time as IAmAliveTime,
               c.version as Version
        from registry_cluster c left join registry_member m on m.deployment = c.deployment
            and m.address = @Address and m.port = @Port and m.generation = @Generation
        where c.deployment = @DeploymentId
    $$),
    ('InsertMembershipVersionKey', $$
        with made as (
            insert into registry_cluster (deployment) values (@DeploymentId) on conflict do nothing returning 1
        )
        select count(*)::integer from made
    $$),
    ('InsertMembershipKey', $$
        with versioned as (
            update registry_cluster set version = version + 1
            where deployment = @DeploymentId and version = @Version and not exists (
                select from registry_member
                where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
            returning 1
        ), made as (
            insert into registry_member (
                deployment, address, port, generation, silo_name, host_name, status, proxy_port, start_time,
                i_am_alive_time)
            select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime,
                   @IAmAliveTime
            from versioned
            returning 1
        )
        select count(*)::integer from made
    $$),
    ('UpdateMembershipKey', $$
        with versioned as (
            update registry_cluster set version = version + 1
            where deployment = @DeploymentId and version = @Version and exists (
                select from registry_member
                where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
            returning 1
        ), changed as (
            update registry_member
            set status = @Status, suspect_times = @SuspectTimes,
                i_am_alive_time = greatest(i_am_alive_time, @IAmAliveTime)
            where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation
                and exists (select from versioned)
            returning 1
        )
        select count(*)::integer from changed
    $$),
    ('UpdateIAmAlivetimeKey', $$
        update registry_member set i_am_alive_time = greatest(i_am_alive_time, @IAmAliveTime)
        where deployment = @DeploymentId and address = @Address and port = @Port and generation = @Generation
    $$),
    ('CleanupDefunctSiloEntriesKey', $$
        delete from registry_member
        where deployment = @DeploymentId and status = 6 and i_am_alive_time < @IAmAliveTime
            and start_time < @IAmAliveTime and coalesce(suspect_times, '') = ''
    $$),
    ('CleanupDefunctSiloEntryKey', $$
        delete from registry_member
        where deployment = @DeploymentId and status = 6 and address = @Address and port = @Port
            and generation = @Generation and i_am_alive_time = @IAmAliveTime and start_time = @StartTime
            and coalesce(suspect_times, '') = coalesce(@SuspectTimes, '')
    $$),
    ('DeleteMembershipTableEntriesKey', $$
        with gone as (delete from registry_member where deployment = @DeploymentId)
        delete from registry_cluster where deployment = @DeploymentId
    $$)
on conflict (QueryKey) do update set QueryText = excluded.QueryText;
