#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt anew from what the analyzer finds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
printf '#nullable enable\n' >PublicAPI.Unshipped.txt
dotnet build -c Release --nologo -v quiet -p:TreatWarningsAsErrors=false --no-incremental 2>&1 |
  grep -oP "RS0016: Symbol '\K.*(?=' is not part of the declared public API)" | LC_ALL=C sort -u >>PublicAPI.Unshipped.txt
