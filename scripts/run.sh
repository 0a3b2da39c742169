#!/usr/bin/env bash
# Builds and starts the registry. All arguments go to the server.
# Its state is kept in ./data of the repository, so the server runs from the repository's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "Building the registry. This takes a minute the first time." >&2
dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet >&2

# exec: the server takes this script's place, so that Ctrl-C and SIGTERM reach it.
exec dotnet src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll "$@"
