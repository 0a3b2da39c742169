#!/usr/bin/env bash
# Shows that the cluster's tests can fail: builds the registry with one thing broken on purpose, runs the test that the patch names on it, and
# expects the test to find that. The patches are in tests/OrleansRegistry.ClusterTests/Mutants.
#
#   scripts/mutants.sh [NAME...]       all of them by default
#   TRIES=5 scripts/mutants.sh ...     with the seeds 1 to 5, at most, until one finds it; 3 by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tries=${TRIES:-3}
patches=$PWD/tests/OrleansRegistry.ClusterTests/Mutants
tests=tests/OrleansRegistry.ClusterTests
runner=$tests/bin/Release/net10.0/OrleansRegistry.ClusterTests.dll
copy=$(mktemp -d)  # a copy of the tree, which is broken and mended again
table=()
missed=0

source scripts/postgres.sh
source scripts/previous.sh

clean_up() {
  stop_postgres
  rm -rf "$copy"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What a patch says of itself above its first change: Test is a test class, Faults those to inject if it is the chaos test.
field() {
  sed -n "/^diff /q;s/^$1: //p" "$2"
}

# What a test has found, from its output. What only says that something was away, or late, is a trouble of the test, not a finding.
finding() {
  grep -A1 '\[FAIL\]' "$1" | sed -n '2s/^ *//p' | grep -vE '^[A-Za-z.]*(Timeout|Npgsql|Postgres|HttpRequest|IO)Exception : ' | sed 's/^[A-Za-z.]*Exception : //' | cut -c 1-100
}

if [[ $# -eq 0 ]]; then set -- $(cd "$patches" && ls -- *.patch | sed 's/\.patch$//'); fi
dotnet build "$tests" -c Release --nologo -v quiet
git ls-files -z | xargs -0 cp --parents -t "$copy"
start_postgres
export REGISTRY_TEST_POSTGRES=$pg_connection
export REGISTRY_TEST_HOST=$copy/src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll

for name in "$@"; do
  patch=$patches/$name.patch
  (cd "$copy" && git apply "$patch") || die "$name does not apply"
  (cd "$copy" && dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet) || die "$name does not build"
  if [[ $(field Test "$patch") == *Upgrade* && -z ${REGISTRY_TEST_PREVIOUS:-} ]]; then
    build_previous
    export REGISTRY_TEST_PREVIOUS=$previous_host
  fi
  faults=$(field Faults "$patch")
  found=
  for ((seed = 1; seed <= tries; seed++)); do
    begun=$SECONDS
    log=$copy/$name-$seed.log
    env REGISTRY_CHAOS_SEED=$seed ${faults:+REGISTRY_CHAOS_FAULTS=$faults} \
      dotnet "$runner" -noLogo -noColor -showLiveOutput -class "$(field Test "$patch")" >"$log" 2>&1 || found=$(finding "$log" || true)
    if [[ -n $found ]]; then
      table+=("$(printf '%-22s %-14s seed %d, %3d s, %2d faults: %s' "$name" "$(field Test "$patch" | tr -d '*')" "$seed" "$((SECONDS - begun))" \
        "$(grep -c 'OUTPUT\] [0-9]*: ' "$log" || true)" "$found")")
      break
    fi
    tail -n 30 "$log" >&2
  done
  if [[ -z $found ]]; then
    table+=("$(printf '%-22s NOT FOUND in %d tries' "$name" "$tries")")
    missed=$((missed + 1))
  fi
  echo "${table[-1]}" >&2
  (cd "$copy" && git apply -R "$patch")
done

echo
printf '%s\n' "${table[@]}"
[[ $missed -eq 0 ]]
