#!/usr/bin/env bash
# Writes the software bill of materials (CycloneDX 1.6, JSON) to standard output: every package of the lock files under
# src/. The packages must have been restored: their licences and hashes are read there. Its instant is
# SOURCE_DATE_EPOCH, or else that of the commit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
exec dotnet run sbom.cs -- ..
