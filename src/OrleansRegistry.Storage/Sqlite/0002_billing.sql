-- Active time as bills add it up: an interval that has ended, in milliseconds since 1970, stored by the statement that ended it. The key
-- lets no interval in twice; the check lets none in that has no length.
create table registry_usage (
    workspace text not null,
    model_id text not null,
    ordinal integer not null,
    stage text not null,
    instance_type text,
    started_at integer not null,
    ended_at integer not null,
    is_long integer not null generated always as (ended_at - started_at > 2678400000) virtual,
    primary key (workspace, model_id, ordinal, started_at),
    check (started_at < ended_at)
) without rowid;

-- What overlaps a time ended after its start. An interval of at most 31 days also ended within 31 days of its end, so that the index bounds
-- a sum over a month long past on both sides; of the long ones a version has at most twelve a year. It holds all that sums need.
create index registry_usage_by_end on registry_usage (workspace, is_long, ended_at, started_at, model_id, ordinal, stage, instance_type);

create trigger registry_meter after insert on registry_event when new.type = 'usage.recorded'
begin
    insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
        values (new.workspace, new.model_id, cast(substr(new.version_id, instr(new.version_id, '-') + 1) as integer),
                new.data ->> '$.stage', new.data ->> '$.instance_type',
                strftime('%s', new.data ->> '$.started_at') * 1000 + substr(new.data ->> '$.started_at', 21, 3),
                strftime('%s', new.data ->> '$.ended_at') * 1000 + substr(new.data ->> '$.ended_at', 21, 3));
end;

insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
    select workspace, model_id, cast(substr(version_id, instr(version_id, '-') + 1) as integer), data ->> '$.stage', data ->> '$.instance_type',
           strftime('%s', data ->> '$.started_at') * 1000 + substr(data ->> '$.started_at', 21, 3),
           strftime('%s', data ->> '$.ended_at') * 1000 + substr(data ->> '$.ended_at', 21, 3)
    from registry_event where type = 'usage.recorded';

-- Intervals that still run. A version whose row can't be read is found with them: nobody knows whether it runs.
alter table registry_state add column stage text generated always as (case when kind = 'version' and json_valid(payload) then payload ->> '$.stage' end) virtual;
alter table registry_state add column instance_type text generated always as (
    case when kind = 'version' and json_valid(payload) then payload ->> '$.instance_type' end) virtual;
alter table registry_state add column running_since text generated always as (
    case when kind = 'version' and json_valid(payload) then payload ->> '$.meter.running_since' end) virtual;

create index registry_version_running on registry_state (workspace, model_id, ordinal)
    where kind = 'version' and (running_since is not null or state is null);

-- A month that is closed takes no command any more (rule B5): closing waits for an hour, and a command has 30 seconds, so that only a clock
-- that was set back can bring one. It is refused until the clock is right.
create trigger registry_closed before insert on registry_event
begin
    select raise(abort, 'the month of the command is closed')
        where exists (select 1 from registry_state
                      where kind = 'billing' and key >= 'billing/' || new.workspace || '/' || substr(new.at, 1, 7) and key < 'billing/' || new.workspace || '0');
end;
