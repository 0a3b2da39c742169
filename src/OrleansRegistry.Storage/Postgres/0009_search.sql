-- What lists find models and versions by, beside the columns of their rows. Triggers in Repeatable.sql keep the labels
-- up. The two functions stand here because indexes are made with them: they never change.

-- The labels of living models, each as key:value, in both orders of their list.
create table registry_model_label (
    workspace text collate "C" not null,
    label text collate "C" not null,
    name text collate "C" not null,
    model_id text collate "C" not null,
    created_at text collate "C" not null,
    primary key (workspace, label, name, model_id)
);

create index registry_model_label_by_age on registry_model_label (workspace, label, created_at, model_id);

-- The labels of versions, each as key:value, in the order of their list.
create table registry_version_label (
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    label text collate "C" not null,
    ordinal integer not null,
    primary key (workspace, model_id, label, ordinal)
);

-- Every three characters of a text, with the workspace before them, so that no other workspace's names are looked at.
create function registry_grams(workspace text, searched text) returns text[]
    language sql immutable strict parallel safe as $$
    select array_agg(distinct workspace || '/' || substr(searched, place, 3))
    from generate_series(1, length(searched) - 2) as place
$$;

-- The names of living models as they are searched. They never change, so that this index, unlike one of the models'
-- rows, is written once for each model.
create table registry_search (
    workspace text collate "C" not null,
    model_id text collate "C" not null,
    search_name text collate "C" not null,
    primary key (workspace, model_id)
);

create index registry_search_by_gram on registry_search using gin (registry_grams(workspace, search_name));

-- The precedence of a number as a text; docs/architecture.md says how it is written.
create function registry_precedence(number text) returns text language plpgsql immutable strict parallel safe as $$
declare
    part text[] := regexp_match(number, '^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-(.+))?$');
    core text := lpad(part[1], 9, '0') || '.' || lpad(part[2], 9, '0') || '.' || lpad(part[3], 9, '0');
begin
    if part[4] is null then
        return core || '~';
    end if;
    return core || '-' || (
        select string_agg(
            case when identifier ~ '[^0-9]' then '2' || identifier
                else '1' || lpad(length(identifier)::text, 3, '0') || identifier
            end || '!', '' order by place)
        from unnest(string_to_array(part[4], '.')) with ordinality as named (identifier, place));
end
$$;

-- Lists in these orders look at names as they are searched without reading the rows.
drop index registry_model_by_name;
drop index registry_model_by_age;
create index registry_model_by_name on registry_state (workspace, name, model_id) include (search_name)
    where kind = 'model' and deleted_at is null;
create index registry_model_by_age on registry_state (workspace, created_at, model_id) include (search_name)
    where kind = 'model' and deleted_at is null;

create index registry_version_by_precedence
    on registry_state (workspace, model_id, (registry_precedence(number) collate "C")) where kind = 'version';

drop index registry_version_by_external_id;
create index registry_version_by_external_id on registry_state (workspace, model_id, external_id, ordinal)
    where kind = 'version' and external_id is not null;

-- Versions in a state, and those that are not deleted, however many others there are.
create index registry_version_by_state on registry_state (workspace, model_id, state, ordinal) where kind = 'version';
create index registry_version_living on registry_state (workspace, model_id, ordinal)
    where kind = 'version' and state is distinct from 'deleted';

-- Bills read times, names and numbers of versions from indexes alone. Keys are unique, and so are ordinals, which are
-- parts of them.
drop index registry_version_by_ordinal;
drop index registry_version_running;
create index registry_version_by_ordinal on registry_state (workspace, model_id, ordinal) include (name, number)
    where kind = 'version';
create index registry_version_running on registry_state (workspace, running_since, model_id, ordinal)
    include (state, stage, instance_type, name, number)
    where kind = 'version' and (running_since is not null or state is null);

-- When a workspace's active time began.
create index registry_usage_by_start on registry_usage (workspace, started_at);

-- Events of a type, among however many others.
create index registry_event_by_type on registry_event (workspace, type, position);

-- Up to where the events of a workspace were removed, of however many models.
create index registry_pruned_by_workspace on registry_pruned (workspace, removed_to);

-- What is there already.

insert into registry_search (workspace, model_id, search_name)
    select workspace, model_id, search_name from registry_state
    where kind = 'model' and deleted_at is null and search_name is not null;

insert into registry_model_label (workspace, label, name, model_id, created_at)
    select distinct workspace, label.key || ':' || label.value, name, model_id, created_at
    from registry_state cross join lateral jsonb_each_text(labels) as label
    where kind = 'model' and deleted_at is null and jsonb_typeof(labels) = 'object' and name is not null
        and created_at is not null;

insert into registry_version_label (workspace, model_id, label, ordinal)
    select distinct workspace, model_id, label.key || ':' || label.value, ordinal
    from registry_state cross join lateral jsonb_each_text(labels) as label
    where kind = 'version' and jsonb_typeof(labels) = 'object' and ordinal is not null;
