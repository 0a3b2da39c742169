-- What is stored. Views, triggers and stored queries stand in Repeatable.sql.

-- Which number of Repeatable.sql the database has, and had before.
create table registry_repeatable (
    number integer primary key
);

-- The queries that Orleans' grain storage runs, by the names under which it looks for them.
create table OrleansQuery (
    QueryKey text primary key,
    QueryText text not null
) without rowid;

-- All rows of grain state. Where a row belongs is read from its key, so that no payload can put it elsewhere. The other
-- columns are what the catalog filters and sorts by; a payload that is no JSON, or of the wrong shape, leaves them
-- null.
create table registry_state (
    key text not null,
    kind text not null,
    version integer not null,
    payload text,
    modified_on text not null,

    -- The key's parts: kind/workspace/id, and the id of a version is that of its model, a hyphen and its ordinal.
    workspace text generated always as (
        substr(key, length(kind) + 2, instr(substr(key, length(kind) + 2), '/') - 1)) virtual,
    id text generated always as (substr(key, length(kind) + length(workspace) + 3)) virtual,
    model_id text generated always as (
        case kind when 'model' then id when 'version' then substr(id, 1, instr(id, '-') - 1) end) virtual,
    ordinal integer generated always as (
        case kind when 'version' then cast(substr(id, instr(id, '-') + 1) as integer) end) virtual,

    -- Of models and versions.
    name text generated always as (
        case when json_valid(payload) then
            case kind when 'model' then payload ->> '$.name' when 'version' then payload ->> '$.model_name' end
        end) virtual,
    created_at text generated always as (case when json_valid(payload) then payload ->> '$.created_at' end) virtual,
    deleted_at text generated always as (case when json_valid(payload) then payload ->> '$.deleted_at' end) virtual,
    labels text generated always as (case when json_valid(payload) then payload -> '$.labels' end) virtual,

    -- Of models.
    search_name text generated always as (case when json_valid(payload) then payload ->> '$.search_name' end) virtual,
    primary_ordinal integer generated always as (
        case when json_valid(payload) then payload ->> '$.primary.ordinal' end) virtual,
    version_count integer generated always as (
        case when kind = 'model' and json_valid(payload) then payload ->> '$.version_count' end) virtual,
    active_count integer generated always as (
        case when kind = 'model' and json_valid(payload) then json_array_length(payload, '$.active') end) virtual,

    -- Of versions.
    number text generated always as (
        case when kind = 'version' and json_valid(payload) then payload ->> '$.version' end) virtual,
    major integer generated always as (
        case when number glob '[0-9]*.[0-9]*.[0-9]*' then cast(number as integer) end) virtual,
    minor integer generated always as (
        case when major is not null then cast(substr(number, instr(number, '.') + 1) as integer) end) virtual,
    state text generated always as (case when json_valid(payload) then payload ->> '$.state' end) virtual,
    serving_status text generated always as (
        case when json_valid(payload) then payload ->> '$.serving.status' end) virtual,
    external_id text generated always as (case when json_valid(payload) then payload ->> '$.external_id' end) virtual,
    idempotency_key text generated always as (
        case when json_valid(payload) then payload ->> '$.idempotency.key' end) virtual,
    stage text generated always as (
        case when kind = 'version' and json_valid(payload) then payload ->> '$.stage' end) virtual,
    instance_type text generated always as (
        case when kind = 'version' and json_valid(payload) then payload ->> '$.instance_type' end) virtual,
    running_since text generated always as (
        case when kind = 'version' and json_valid(payload) then payload ->> '$.meter.running_since' end) virtual,

    -- The workspace that an API key acts in.
    acts_in text generated always as (
        case when kind = 'key' and json_valid(payload) then payload ->> '$.key.workspace' end) virtual,

    primary key (key, kind)
);

create index registry_model_by_name on registry_state (workspace, name, model_id)
    where kind = 'model' and deleted_at is null;
create index registry_model_by_search_name on registry_state (workspace, search_name)
    where kind = 'model' and deleted_at is null;
create index registry_model_by_age on registry_state (workspace, created_at, model_id)
    where kind = 'model' and deleted_at is null;

-- How much a workspace holds, from an index alone.
create index registry_model_use on registry_state (workspace, version_count, active_count)
    where kind = 'model' and deleted_at is null;

create unique index registry_version_by_ordinal on registry_state (workspace, model_id, ordinal) where kind = 'version';
create unique index registry_version_by_number on registry_state (workspace, model_id, number) where kind = 'version';
create index registry_version_by_line on registry_state (workspace, model_id, major, minor, ordinal)
    where kind = 'version';
create index registry_version_by_external_id on registry_state (workspace, model_id, external_id)
    where kind = 'version' and external_id is not null;
create unique index registry_version_by_idempotency_key on registry_state (workspace, name, idempotency_key)
    where kind = 'version' and idempotency_key is not null;
create index registry_version_starting on registry_state (workspace, model_id)
    where kind = 'version' and serving_status = 'starting';

-- Intervals that still run. A version whose row can't be read is found with them: nobody knows whether it runs.
create index registry_version_running on registry_state (workspace, model_id, ordinal)
    where kind = 'version' and (running_since is not null or state is null);

create index registry_key_by_workspace on registry_state (acts_in, key) where kind = 'key';

-- What happened, stored by the statement that made it happen. One writer at a time makes the row id a position: it
-- rises in order of commit and leaves no gap, since a statement that is undone gives its numbers back. The row that
-- brought an event (its key, its version, the event's place among those of the statement) lets none in twice. What
-- happened to workspaces, keys, rates and webhooks has no model.
create table registry_event (
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

create index registry_event_by_workspace on registry_event (workspace, position);
create index registry_event_by_model on registry_event (workspace, model_id, position) where model_id is not null;
create index registry_event_by_version on registry_event (workspace, version_id, position)
    where version_id is not null;

-- The position up to which events were removed because of their age, of each model, and under an empty model id of what
-- has none: its history can't be played from the beginning any more, and who reads on from before that misses
-- something.
create table registry_pruned (
    workspace text not null,
    model_id text not null,
    removed_to integer not null,
    primary key (workspace, model_id)
) without rowid;

-- Active time as bills add it up: an interval that has ended, in milliseconds since 1970, stored by the statement that
-- ended it. The key lets no interval in twice; the check lets none in that has no length.
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

-- What overlaps a time ended after its start. An interval of at most 31 days also ended within 31 days of its end, so
-- that the index bounds a sum over a month long past on both sides; of the long ones a version has at most twelve a
-- year. It holds all that sums need.
create index registry_usage_by_end
    on registry_usage (workspace, is_long, ended_at, started_at, model_id, ordinal, stage, instance_type);

-- The lines of closed months, as JSON, in order. A closing stores its lines page by page and then its row, which names
-- it: lines of a closing that has no row count for nothing.
create table registry_statement_line (
    statement text not null,
    closing text not null,
    place integer not null,
    line text not null,
    primary key (statement, closing, place)
) without rowid;

-- What must stay as it is for as long as the rows do.
create table registry_setting (
    name text primary key,
    value text not null
) without rowid;
