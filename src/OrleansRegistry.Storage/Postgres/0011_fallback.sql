-- Models whose primary is left when it is unhealthy for too long.

alter table registry_state add column on_unhealthy text collate "C" generated always as (
    case kind when 'model' then payload ->> 'on_unhealthy' end) stored;

create index registry_model_falling_back on registry_state (workspace, model_id)
    where kind = 'model' and deleted_at is null and on_unhealthy = 'fall_back';
