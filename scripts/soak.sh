#!/usr/bin/env bash
# Mixed load for a while on one node or on a cluster, and what the processes hold meanwhile: memory, threads, handles, sockets.
#
#   scripts/soak.sh MINUTES [SILOS GATEWAYS]    one node on SQLite, or so many silos and gateways on a throw-away PostgreSQL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

minutes=${1:?scripts/soak.sh MINUTES [SILOS GATEWAYS]}
home=$(mktemp -d)
registry=  # the process that is the registry, or has started it

clean_up() {
  if [[ -n $registry ]]; then
    kill "$registry" 2>/dev/null || true
    wait "$registry" 2>/dev/null || true
  fi
  rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

dotnet build tests/OrleansRegistry.Benchmarks -c Release --nologo -v quiet >&2

if [[ $# -gt 1 ]]; then
  scripts/cluster.sh "$2" "${3:?scripts/soak.sh MINUTES SILOS GATEWAYS}" >"$home/log" 2>&1 &
  registry=$!
else
  dotnet src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll --urls http://127.0.0.1:5070 \
    --Registry:SiloPort=11110 --Registry:DataDirectory="$home/data" >"$home/log" 2>&1 &
  registry=$!
fi

# Until it says that it runs.
until grep -q -e "The operator's key is in" -e "Application started" "$home/log"; do
  kill -0 "$registry" 2>/dev/null || { cat "$home/log" >&2; exit 1; }
  sleep 0.5
done

if [[ $# -gt 1 ]]; then
  key=$(sed -n "s/.*The operator's key is in \([^,]*\),.*/\1/p" "$home/log")
  gateways=$(sed -n 's/^gateway-.* \(http:[^ ]*\)$/\1/p' "$home/log" | paste -sd ,)
  processes=$(sed -n 's/^\(silo\|gateway\)-[0-9]* *process \([0-9]*\).*/\2/p' "$home/log")
  grep -e '^silo-' -e '^gateway-' "$home/log"
else
  key=$home/data/admin-key gateways=http://127.0.0.1:5070 processes=$registry
fi

# shellcheck disable=SC2086
dotnet tests/OrleansRegistry.Benchmarks/bin/Release/net10.0/OrleansRegistry.Benchmarks.dll soak "$minutes" "$key" "$gateways" $processes
