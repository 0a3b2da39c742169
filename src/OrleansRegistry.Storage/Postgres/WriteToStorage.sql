-- A conflict answers no row. Two first writes at once are told apart by the primary key, as an error: an "on conflict do nothing" would
-- come too late, after the trigger had stored what the row brings along.
with changed as (
    update registry_state
    set payload = convert_from(@PayloadBinary, 'UTF8')::jsonb, version = version + 1, modified_on = now()
    where key = @GrainIdExtensionString and kind = @GrainTypeString and version = @GrainStateVersion
    returning version
), made as (
    insert into registry_state (key, kind, version, payload)
    select @GrainIdExtensionString, @GrainTypeString, 1, convert_from(@PayloadBinary, 'UTF8')::jsonb
    where @GrainStateVersion is null
        and not exists (select 1 from registry_state where key = @GrainIdExtensionString and kind = @GrainTypeString)
    returning version
)
select version as NewGrainStateVersion from changed
union all
select version from made;
