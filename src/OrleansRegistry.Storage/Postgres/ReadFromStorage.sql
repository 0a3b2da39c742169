select convert_to(coalesce(payload::text, 'null'), 'UTF8') as PayloadBinary, version as Version
from registry_state
where key = @GrainIdExtensionString and kind = @GrainTypeString;
