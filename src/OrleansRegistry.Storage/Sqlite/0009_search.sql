-- What lists find models and versions by, beside the columns of their rows. Triggers in Repeatable.sql keep it up.

-- The labels of living models, each as key:value, in both orders of their list.
create table registry_model_label (
    workspace text not null,
    label text not null,
    name text not null,
    model_id text not null,
    created_at text not null,
    primary key (workspace, label, name, model_id)
) without rowid;

create index registry_model_label_by_age on registry_model_label (workspace, label, created_at, model_id);

-- The labels of versions, each as key:value, in the order of their list.
create table registry_version_label (
    workspace text not null,
    model_id text not null,
    label text not null,
    ordinal integer not null,
    primary key (workspace, model_id, label, ordinal)
) without rowid;

-- The names of living models as they are searched, and an index of every three characters of them.
create table registry_search (
    id integer primary key,
    workspace text not null,
    model_id text not null,
    search_name text not null,
    unique (workspace, model_id)
);

create virtual table registry_search_text
    using fts5 (search_name, content = '', detail = none, tokenize = 'trigram case_sensitive 1');

-- The precedence of numbers as a text; docs/architecture.md says how it is written.
create table registry_version_precedence (
    workspace text not null,
    model_id text not null,
    precedence text not null,
    ordinal integer not null,
    primary key (workspace, model_id, precedence),
    unique (workspace, model_id, ordinal)
) without rowid;

-- Lists in these orders look at names as they are searched without reading the rows.
drop index registry_model_by_name;
drop index registry_model_by_age;
create index registry_model_by_name on registry_state (workspace, name, model_id, search_name)
    where kind = 'model' and deleted_at is null;
create index registry_model_by_age on registry_state (workspace, created_at, model_id, search_name)
    where kind = 'model' and deleted_at is null;

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
create index registry_version_by_ordinal on registry_state (workspace, model_id, ordinal, name, number)
    where kind = 'version';
create index registry_version_running
    on registry_state (workspace, running_since, model_id, ordinal, state, stage, instance_type, name, number)
    where kind = 'version' and (running_since is not null or state is null);

-- When a workspace's active time began.
create index registry_usage_by_start on registry_usage (workspace, started_at);

-- Events of a type, among however many others.
create index registry_event_by_type on registry_event (workspace, type, position);

-- Up to where the events of a workspace were removed, of however many models.
create index registry_pruned_by_workspace on registry_pruned (workspace, removed_to);

-- What is there already.

insert or ignore into registry_model_label (workspace, label, name, model_id, created_at)
    select workspace, label.key || ':' || label.value, name, model_id, created_at
    from registry_state, json_each(labels) as label
    where kind = 'model' and deleted_at is null and name is not null and created_at is not null;

insert or ignore into registry_version_label (workspace, model_id, label, ordinal)
    select workspace, model_id, label.key || ':' || label.value, ordinal
    from registry_state, json_each(labels) as label
    where kind = 'version';

insert into registry_search (workspace, model_id, search_name)
    select workspace, model_id, search_name from registry_state
    where kind = 'model' and deleted_at is null and search_name is not null;

insert into registry_search_text (rowid, search_name) select id, search_name from registry_search;

insert or ignore into registry_version_precedence (workspace, model_id, precedence, ordinal)
    select workspace, model_id,
           printf('%09d.%09d.%09d', major, minor, substr(rest, instr(rest, '.') + 1)) || coalesce('-' || (
               select group_concat(
                   case when value glob '*[^0-9]*' then '2' || value else '1' || printf('%03d', length(value)) || value end
                   || '!', '')
               from json_each('["' || replace(substr(number, nullif(instr(number, '-'), 0) + 1), '.', '","') || '"]')
           ), '~'), ordinal
    from (select *, substr(number, instr(number, '.') + 1) as rest from registry_state where kind = 'version')
    where major is not null;
