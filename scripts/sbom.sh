#!/usr/bin/env bash
# Writes the software bill of materials (CycloneDX 1.6, JSON) to standard output: every package of the lock files under src/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec dotnet run sbom.cs -- ..
