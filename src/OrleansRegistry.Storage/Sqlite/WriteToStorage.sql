insert into registry_state (key, kind, version, payload, modified_on)
select @GrainIdExtensionString, @GrainTypeString, 1, cast(@PayloadBinary as text), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
where @GrainStateVersion is null
    or exists (select 1 from registry_state where key = @GrainIdExtensionString and kind = @GrainTypeString)
on conflict (key, kind) do update
    set payload = excluded.payload, version = version + 1, modified_on = excluded.modified_on
    where version = @GrainStateVersion
returning version as NewGrainStateVersion;
