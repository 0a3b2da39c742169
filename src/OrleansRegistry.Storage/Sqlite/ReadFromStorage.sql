select cast(coalesce(payload, 'null') as blob) as PayloadBinary, version as Version
from registry_state
where key = @GrainIdExtensionString and kind = @GrainTypeString;
