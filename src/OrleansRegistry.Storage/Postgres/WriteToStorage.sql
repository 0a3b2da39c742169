with changed as (
    update registry_state
    set payload = convert_from(@PayloadBinary, 'UTF8')::jsonb, version = version + 1, modified_on = now()
    where key = @GrainIdExtensionString and kind = @GrainTypeString and version = @GrainStateVersion
    returning version
), made as (
    insert into registry_state (key, kind, version, payload)
    select @GrainIdExtensionString, @GrainTypeString, 1, convert_from(@PayloadBinary, 'UTF8')::jsonb
    where @GrainStateVersion is null
    on conflict do nothing
    returning version
)
select version as NewGrainStateVersion from changed
union all
select version from made;
