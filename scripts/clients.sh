#!/usr/bin/env bash
# Clients that are not of this repository, against a node of this build: one that is generated for another language, and
# OpenAI's. Node and npm must be there: without them nothing is tried, which with CI=true is a failure.
#
#   scripts/clients.sh            all of them
#   scripts/clients.sh NAME ...   these folders of tests/clients
#
# Each folder has a package.json with exact versions, and three scripts: generate, compile and journey. The journey gets
# ORK_URL and ORK_API_KEY, and fails when something is not as it should be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "clients.sh: $*" >&2
  exit 1
}

source scripts/servers.sh

for tool in node npm; do
  if ! command -v "$tool" >/dev/null; then
    [[ ${CI:-} != true ]] || die "$tool is missing"
    echo "$tool is missing: no client was tried."
    exit 0
  fi
done

host=src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll
[[ -f $host ]] || dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet || die "the registry does not build"

work=$(mktemp -d)
servers_home=$work
clean_up() {
  stop_servers
  rm -rf "$work"
}
clean_up_with clean_up

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

url=http://127.0.0.1:$(free_port)
key=$(dotnet "$host" new-key)
Registry__Auth__AdminKey=$key start registry dotnet "$host" --urls "$url" "--Registry:DataDirectory=$work/data" "--Registry:SiloPort=$(free_port)"
await registry "$url/health/ready"

[[ $# -gt 0 ]] || set -- $(ls tests/clients)
failed=0
for client in "$@"; do
  echo "== $client"
  # A copy, so that nothing of it stays. The document is where the copy looks for it.
  mkdir -p "$work/tests/clients" "$work/docs"
  cp -r "tests/clients/$client" "$work/tests/clients/"
  cp docs/openapi.json "$work/docs/"
  (
    cd "$work/tests/clients/$client"
    rm -rf node_modules client out
    npm ci --silent --no-progress
    npm run --silent generate
    npm run --silent compile
    ORK_URL=$url ORK_API_KEY=$key npm run --silent journey
  ) || failed=$((failed + 1))
done

echo "$(($# - failed)) clients passed, $failed failed"
[[ $failed -eq 0 ]]
