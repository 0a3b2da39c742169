-- Models whose primary is left when it is unhealthy for too long.

alter table registry_state add column on_unhealthy text generated always as (
    case when kind = 'model' and json_valid(payload) then payload ->> '$.on_unhealthy' end) virtual;

create index registry_model_falling_back on registry_state (workspace, model_id)
    where kind = 'model' and deleted_at is null and on_unhealthy = 'fall_back';
