select convert_to(coalesce(payload::text, 'null'), 'UTF8') as PayloadBinary, version as Version
from registry_read(@GrainIdExtensionString, @GrainTypeString);
