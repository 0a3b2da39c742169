-- What is stored. Functions, views, triggers and stored queries stand in Repeatable.sql.

-- Which number of Repeatable.sql the database has, and had before.
create table registry_repeatable (
    number integer primary key
);

-- The queries that Orleans' providers run on rows and on membership, by the names under which they look for them.
create table OrleansQuery (
    QueryKey text primary key,
    QueryText text not null
);

-- All rows of grain state. Where a row belongs is read from its key, so that no payload can put it elsewhere. The other
-- columns are what the catalog filters and sorts by; a payload of the wrong shape leaves them null.
create table registry_state (
    key text collate "C" not null,
    kind text collate "C" not null,
    version integer not null,
    payload jsonb,
    modified_on timestamptz not null default now(),

    -- The key's parts: kind/workspace/id, and the id of a version is that of its model, a hyphen and its ordinal.
    workspace text collate "C" generated always as (split_part(key, '/', 2)) stored,
    model_id text collate "C" generated always as (
        case when kind in ('model', 'version') then split_part(split_part(key, '/', 3), '-', 1) end) stored,
    ordinal integer generated always as (
        case kind when 'version' then substring(key from '-(\d{1,9})$')::integer end) stored,

    -- Of models and versions.
    name text collate "C" generated always as (
        case kind when 'model' then payload ->> 'name' when 'version' then payload ->> 'model_name' end) stored,
    created_at text collate "C" generated always as (payload ->> 'created_at') stored,
    deleted_at text collate "C" generated always as (payload ->> 'deleted_at') stored,
    labels jsonb generated always as (payload -> 'labels') stored,

    -- Of models.
    search_name text collate "C" generated always as (payload ->> 'search_name') stored,
    primary_ordinal integer generated always as (
        substring(payload -> 'primary' ->> 'ordinal' from '^\d{1,9}$')::integer) stored,
    version_count integer generated always as (
        case kind when 'model' then substring(payload ->> 'version_count' from '^\d{1,9}$')::integer end) stored,
    active_count integer generated always as (
        case when kind = 'model' and jsonb_typeof(payload -> 'active') = 'array'
            then jsonb_array_length(payload -> 'active')
        end) stored,

    -- Of versions.
    number text collate "C" generated always as (case kind when 'version' then payload ->> 'version' end) stored,
    major integer generated always as (
        substring(case kind when 'version' then payload ->> 'version' end from '^(\d{1,9})\.')::integer) stored,
    minor integer generated always as (
        substring(
            case kind when 'version' then payload ->> 'version' end from '^\d{1,9}\.(\d{1,9})\.')::integer) stored,
    state text collate "C" generated always as (payload ->> 'state') stored,
    serving_status text collate "C" generated always as (payload -> 'serving' ->> 'status') stored,
    external_id text collate "C" generated always as (payload ->> 'external_id') stored,
    idempotency_key text collate "C" generated always as (payload -> 'idempotency' ->> 'key') stored,
    stage text collate "C" generated always as (case kind when 'version' then payload ->> 'stage' end) stored,
    instance_type text collate "C" generated always as (
        case kind when 'version' then payload ->> 'instance_type' end) stored,
    running_since text collate "C" generated always as (
        case kind when 'version' then payload -> 'meter' ->> 'running_since' end) stored,

    -- The workspace that an API key acts in.
    acts_in text collate "C" generated always as (
        case kind when 'key' then payload -> 'key' ->> 'workspace' end) stored,

    primary key (key, kind)
) with (fillfactor = 80);

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

-- What happened, stored by the statement that made it happen. A position is given after commit, see
-- registry_number_events. The row that brought an event (its key, its version, the event's place among those of the
-- statement) lets none in twice. What happened to workspaces, keys, rates and webhooks has no model.
create table registry_event (
    id bigint generated always as identity primary key,
    position bigint unique,
    source text collate "C" not null,
    revision integer not null,
    n integer not null,
    workspace text collate "C" not null,
    model_id text collate "C",
    version_id text collate "C",
    type text collate "C" not null,
    at text collate "C" not null,
    actor text not null,
    data jsonb not null,
    unique (source, revision, n)
);

create index registry_event_unnumbered on registry_event (id) where position is null;
create index registry_event_by_workspace on registry_event (workspace, position);
create index registry_event_by_model on registry_event (workspace, model_id, position) where model_id is not null;
create index registry_event_by_version on registry_event (workspace, version_id, position)
    where version_id is not null;

-- The position up to which events were removed because of their age, of each model, and under an empty model id of what
-- has none: its history can't be played from the beginning any more, and who reads on from before that misses
-- something.
create table registry_pruned (
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    removed_to bigint not null,
    primary key (workspace, model_id)
);

-- Active time as bills add it up: an interval that has ended, in milliseconds since 1970, stored by the statement that
-- ended it. The key lets no interval in twice; the check lets none in that has no length.
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

-- What overlaps a time ended after its start. An interval of at most 31 days also ended within 31 days of its end, so
-- that the index bounds a sum over a month long past on both sides; of the long ones a version has at most twelve a
-- year. It holds all that sums need.
create index registry_usage_by_end
    on registry_usage (workspace, is_long, ended_at, started_at, model_id, ordinal, stage, instance_type);

-- The lines of closed months, as JSON, in order. A closing stores its lines page by page and then its row, which names
-- it: lines of a closing that has no row count for nothing.
create table registry_statement_line (
    statement text collate "C" not null,
    closing text collate "C" not null,
    place integer not null,
    line text not null,
    primary key (statement, closing, place)
);

-- What all nodes of a deployment must agree on, for as long as the rows are there.
create table registry_setting (
    name text collate "C" primary key,
    value text not null
);

-- The members of the cluster, as Orleans' membership protocol keeps them: every change takes the next version.
create table registry_cluster (
    deployment text collate "C" primary key,
    version integer not null default 0
);

create table registry_member (
    deployment text collate "C" not null references registry_cluster,
    address text collate "C" not null,
    port integer not null,
    generation integer not null,
    silo text collate "C" generated always as (address || '/' || port || '/' || generation) stored,
    silo_name text not null,
    host_name text not null,
    status integer not null,
    proxy_port integer not null,
    suspect_times text,
    start_time timestamptz(3) not null,
    i_am_alive_time timestamptz(3) not null,
    -- When others declared it dead; null while it lives, and when it left by itself.
    declared_dead_at timestamptz,
    primary key (deployment, address, port, generation)
);

create unique index registry_member_by_silo on registry_member (silo);
create index registry_member_declared_dead on registry_member (declared_dead_at) where declared_dead_at is not null;

-- The directory of the grains: on which silo each one is, see registry_locate.
create table registry_location (
    grain text collate "C" primary key,
    silo text collate "C" not null,
    activation text collate "C" not null,
    membership_version bigint not null
);

create index registry_location_by_silo on registry_location (silo);
