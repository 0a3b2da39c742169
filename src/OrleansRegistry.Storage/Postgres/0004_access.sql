-- Events of workspaces, keys, rates and webhooks stand beside those of models: they have no model, and the row that brought them takes its
-- place in what lets none in twice.
alter table registry_event add column source text collate "C";
update registry_event set source = 'model/' || workspace || '/' || model_id;
alter table registry_event alter column source set not null;
alter table registry_event alter column model_id drop not null;
alter table registry_event drop constraint registry_event_workspace_model_id_revision_n_key;
alter table registry_event add unique (source, revision, n);

-- The workspace that an API key acts in.
alter table registry_state
    add column acts_in text collate "C" generated always as (case kind when 'key' then payload -> 'key' ->> 'workspace' end) stored,
    add column version_count integer generated always as (
        case kind when 'model' then substring(payload ->> 'version_count' from '^\d{1,9}$')::integer end) stored,
    add column active_count integer generated always as (
        case when kind = 'model' and jsonb_typeof(payload -> 'active') = 'array' then jsonb_array_length(payload -> 'active') end) stored;

-- How much a workspace holds, from an index alone.
create index registry_model_use on registry_state (workspace, version_count, active_count) where kind = 'model' and deleted_at is null;

create index registry_key_by_workspace on registry_state (acts_in, key) where kind = 'key';

-- As before, for what concerns a model: nothing else changes a bill.
drop trigger registry_closed on registry_event;
create trigger registry_closed before insert on registry_event
    for each row when (new.model_id is not null) execute function registry_closed();

-- As before, for every kind of row that brings events along. A row that belongs to no workspace says which one its events are in.
create or replace function registry_commit() returns trigger language plpgsql as $$
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
    insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
        select new.key, new.version, happened.n, coalesce(happened.event ->> 'workspace', split_part(new.key, '/', 2)),
               case new.kind when 'model' then split_part(new.key, '/', 3) end, happened.event ->> 'version_id',
               happened.event ->> 'type', happened.event ->> 'at', happened.event ->> 'actor', happened.event -> 'data'
        from jsonb_array_elements(coalesce(new.payload -> 'events', '[]')) with ordinality as happened (event, n);
    -- Last, because the statement may have waited for rows that others held.
    if (new.payload ->> 'not_after')::timestamptz < clock_timestamp() then
        raise exception 'the deadline of the command is over';
    end if;
    new.payload := new.payload - 'version_writes' - 'events' - 'not_after';
    return new;
end
$$;

drop trigger registry_commit on registry_state;
create trigger registry_commit before insert or update on registry_state
    for each row when (new.kind in ('model', 'rates', 'webhook', 'key', 'workspace') and jsonb_typeof(new.payload) = 'object')
    execute function registry_commit();
