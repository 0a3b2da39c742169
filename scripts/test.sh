#!/usr/bin/env bash
# The one test command: build, formatting, every test project. The last line is "N passed, N failed".
#
#   scripts/test.sh            everything
#   scripts/test.sh Storage    only the test projects with "Storage" in their name, and no formatting check; what follows goes to the runner
#
# The PostgreSQL tests use the server in REGISTRY_TEST_POSTGRES (an Npgsql connection string) when it is set;
# otherwise this script starts a throw-away server on this machine and removes it afterwards.
#
# The test of a rolling upgrade uses the executable in REGISTRY_TEST_PREVIOUS when it is set; otherwise this script builds the last release in
# a worktree of its own, and removes it afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

filter=${1:-}
shift $(($# > 0))
solution=OrleansRegistry.sln
results=$(mktemp -d)  # what the test projects report

source scripts/postgres.sh
source scripts/previous.sh

clean_up() {
  stop_postgres
  remove_previous
  rm -rf "$results"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v dotnet >/dev/null || die "the .NET SDK is missing; global.json says which one is needed"
dotnet --version >/dev/null || die "the installed .NET SDK does not match global.json"

projects=()
for project in tests/*Tests; do
  if [[ $(basename "$project") == *"$filter"* ]]; then projects+=("$project"); fi
done
[[ ${#projects[@]} -gt 0 ]] || die "no test project has \"$filter\" in its name"

status=0

# Warnings are errors in every project (Directory.Build.props).
if [[ -z $filter ]]; then
  dotnet restore "$solution"
  dotnet build "$solution" -c Release --no-restore
  dotnet format "$solution" --verify-no-changes --no-restore || status=1
else
  for project in "${projects[@]}"; do dotnet build "$project" -c Release; done
fi

if [[ -z ${REGISTRY_TEST_POSTGRES:-} ]]; then
  start_postgres
  export REGISTRY_TEST_POSTGRES=$pg_connection
fi

# Not where other tests are named: it takes its time.
if [[ " ${projects[*]} " == *ClusterTests* && -z ${REGISTRY_TEST_PREVIOUS:-} && ($* != *-class* || $* == *Upgrade*) ]]; then
  build_previous
  export REGISTRY_TEST_PREVIOUS=$previous_host
fi

# Adds up one attribute of a result file: passed, failed, errors, skipped.
count() {
  { grep -o '<assembly [^>]*' "$2" 2>/dev/null || true; } |
    sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" | awk '{ sum += $1 } END { print sum + 0 }'
}

passed=0
failed=0
summary=()
for project in "${projects[@]}"; do
  name=$(basename "$project")
  result=$results/$name.xml
  echo
  echo "== $name"
  code=0
  dotnet "$project/bin/Release/net10.0/$name.dll" -noLogo -noColor -xml "$result" "$@" || code=$?

  good=$(count passed "$result")
  # Errors are failures outside of a test, such as in a clean-up.
  bad=$(($(count failed "$result") + $(count errors "$result")))
  # A project that crashed has no failed test to show, and still has failed.
  if [[ $bad -eq 0 && ($code -ne 0 || ! -f $result) ]]; then bad=1; fi
  passed=$((passed + good))
  failed=$((failed + bad))
  summary+=("$name: $good passed, $bad failed, $(count skipped "$result") skipped")
done

echo
printf '%s\n' "${summary[@]}"
if [[ $status -ne 0 ]]; then echo "The formatting differs: run dotnet format."; fi
if [[ $((passed + failed)) -eq 0 ]]; then echo "No test has run."; fi
echo "$passed passed, $failed failed"
if [[ $failed -gt 0 || $passed -eq 0 ]]; then status=1; fi
exit "$status"
