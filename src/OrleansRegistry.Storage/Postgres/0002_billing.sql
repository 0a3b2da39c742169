-- Active time as bills add it up: an interval that has ended, in milliseconds since 1970, stored by the statement that ended it. The key
-- lets no interval in twice; the check lets none in that has no length.
create table registry_usage (
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    ordinal integer not null,
    stage text collate "C" not null,
    instance_type text collate "C",
    started_at bigint not null,
    ended_at bigint not null,
    is_long boolean not null generated always as (ended_at - started_at > 2678400000) stored,
    primary key (workspace, model_id, ordinal, started_at),
    check (started_at < ended_at)
);

-- What overlaps a time ended after its start. An interval of at most 31 days also ended within 31 days of its end, so that the index bounds
-- a sum over a month long past on both sides; of the long ones a version has at most twelve a year. It holds all that sums need.
create index registry_usage_by_end on registry_usage (workspace, is_long, ended_at, started_at, model_id, ordinal, stage, instance_type);

create function registry_milliseconds(instant text) returns bigint language sql stable as $$
    select (extract(epoch from instant::timestamptz) * 1000)::bigint
$$;

create function registry_meter() returns trigger language plpgsql as $$
begin
    insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
        values (new.workspace, new.model_id, substring(new.version_id from '-(\d{1,9})$')::integer, new.data ->> 'stage', new.data ->> 'instance_type',
                registry_milliseconds(new.data ->> 'started_at'), registry_milliseconds(new.data ->> 'ended_at'));
    return null;
end
$$;

create trigger registry_meter after insert on registry_event
    for each row when (new.type = 'usage.recorded') execute function registry_meter();

insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
    select workspace, model_id, substring(version_id from '-(\d{1,9})$')::integer, data ->> 'stage', data ->> 'instance_type',
           registry_milliseconds(data ->> 'started_at'), registry_milliseconds(data ->> 'ended_at')
    from registry_event where type = 'usage.recorded';

-- Intervals that still run. A version whose row can't be read is found with them: nobody knows whether it runs.
alter table registry_state
    add column stage text collate "C" generated always as (case kind when 'version' then payload ->> 'stage' end) stored,
    add column instance_type text collate "C" generated always as (case kind when 'version' then payload ->> 'instance_type' end) stored,
    add column running_since text collate "C" generated always as (case kind when 'version' then payload -> 'meter' ->> 'running_since' end) stored;

create index registry_version_running on registry_state (workspace, model_id, ordinal)
    where kind = 'version' and (running_since is not null or state is null);

-- A month that is closed takes no command any more (rule B5): closing waits for an hour, and a command has 30 seconds, so that only a clock
-- that was set back can bring one. It is refused until the clock is right.
create function registry_closed() returns trigger language plpgsql as $$
begin
    if exists (select 1 from registry_state
               where kind = 'billing' and key >= 'billing/' || new.workspace || '/' || left(new.at, 7) and key < 'billing/' || new.workspace || '0') then
        raise exception 'the month of the command is closed';
    end if;
    return new;
end
$$;

create trigger registry_closed before insert on registry_event for each row execute function registry_closed();
