#!/usr/bin/env bash
# The one test command: build, formatting, every test project. The last line is "N passed, N failed".
#
#   scripts/test.sh            everything
#   scripts/test.sh Storage    only the test projects with "Storage" in their name, and no formatting check
#
# The PostgreSQL tests use the server in REGISTRY_TEST_POSTGRES (an Npgsql connection string) when it is set;
# otherwise this script starts a throw-away server on this machine and removes it afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

filter=${1:-}
solution=OrleansRegistry.sln
results=$(mktemp -d)  # what the test projects report
pg_root=              # home of the throw-away server, once there is one
pg_bin=               # its programs
pg_user=              # whom to run it as; empty: as ourselves

die() {
  echo "test.sh: $*" >&2
  exit 1
}

# Runs a PostgreSQL program. The server refuses to run as root, so root hands over to another user.
pg() {
  local program=$1
  shift
  # From its own directory: that user may not be allowed to enter ours.
  (cd "$pg_root" && ${pg_user:+runuser -u "$pg_user" --} "$pg_bin/$program" "$@")
}

clean_up() {
  if [[ -n $pg_root ]]; then
    # By the data directory, so that no other server is ever touched.
    if [[ -f $pg_root/data/postmaster.pid ]]; then
      pg pg_ctl stop -D "$pg_root/data" -m immediate -w >/dev/null || echo "test.sh: PostgreSQL did not stop" >&2
    fi
    rm -rf "$pg_root"
  fi
  rm -rf "$results"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The newest of Debian's versions, which are not on the PATH, or else what is on the PATH.
find_postgres() {
  local initdb
  initdb=$({ ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true; } | sort -V | tail -n 1)
  [[ -n $initdb ]] || initdb=$(command -v initdb) || return 1
  pg_bin=$(dirname "$initdb")
}

start_postgres() {
  if ! find_postgres && [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "PostgreSQL is missing; installing it."
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql; } >"$results/apt.log" 2>&1 ||
      { tail -n 20 "$results/apt.log" >&2; die "cannot install PostgreSQL"; }
  fi
  find_postgres || die "PostgreSQL is missing: install the server, or set REGISTRY_TEST_POSTGRES"

  pg_root=$(mktemp -d)
  if [[ $EUID -eq 0 ]]; then
    pg_user=nobody
    if id postgres >/dev/null 2>&1; then pg_user=postgres; fi
    chown "$pg_user" "$pg_root"
  fi

  pg initdb -D "$pg_root/data" -U postgres --auth=trust --encoding=UTF8 --no-locale >"$results/initdb.log" 2>&1 ||
    { cat "$results/initdb.log" >&2; die "initdb failed"; }
  # fsync stays on: tests that kill the registry rely on what was written.
  local options="-c listen_addresses=127.0.0.1 -c unix_socket_directories=$pg_root -c max_connections=200"

  # Nothing can reserve a free port for another program, so take one at random and try again when it is in use.
  local port
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    if pg pg_ctl start -D "$pg_root/data" -l "$pg_root/log" -o "$options -p $port" -w >/dev/null 2>&1; then
      export REGISTRY_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
      echo "PostgreSQL $("$pg_bin/postgres" --version | awk '{ print $3 }') is running on port $port."
      return
    fi
  done
  cat "$pg_root/log" >&2 || true
  die "PostgreSQL does not start"
}

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

if [[ -z ${REGISTRY_TEST_POSTGRES:-} ]]; then start_postgres; fi

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
  dotnet "$project/bin/Release/net10.0/$name.dll" -noLogo -noColor -xml "$result" || code=$?

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
