#!/usr/bin/env bash
# The one test command: build, formatting, every test project. The last line is "N passed, N failed".
#
#   scripts/test.sh                 everything
#   scripts/test.sh --fast          the build and the tests that need neither PostgreSQL nor a process of their own
#   scripts/test.sh --long [PART]   what takes long: tests (with more rounds), clients, chaos, mutants, soak, benchmarks,
#                                   release; all of them by default
#   scripts/test.sh NAME [...]      the test projects with NAME in their name; what follows goes to the runner
#
# Projects run two at a time, except those that stop processes or wait for failures to be noticed: these have no neighbours.
#
# The PostgreSQL tests use the server in REGISTRY_TEST_POSTGRES (an Npgsql connection string) when it is set;
# otherwise this script starts a throw-away server on this machine and removes it afterwards.
#
# The test of a rolling upgrade uses the executable in REGISTRY_TEST_PREVIOUS when it is set; otherwise this script builds the last release
# (scripts/previous.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source scripts/postgres.sh
source scripts/previous.sh

solution=OrleansRegistry.sln
apart=(OrleansRegistry.ClusterTests OrleansRegistry.Host.Tests)  # no neighbours
needs_postgres='Trait("Database", "PostgreSQL")'  # stands on the tests that do
fast=(Abstractions Outbound Rules Grains Storage Gateway)
compiler=registry-tests-$$  # a compiler server of our own, which lives as long as this script

# Each prints its figures beside their baselines.
run_benchmarks() {
  local project=tests/OrleansRegistry.Benchmarks comparison
  dotnet build "$project" -c Release --nologo -v quiet
  for comparison in "" noisy crowd deploying foreign "growth 1000000"; do
    # shellcheck disable=SC2086
    dotnet "$project/bin/Release/net10.0/OrleansRegistry.Benchmarks.dll" $comparison || return
  done
}

# Makes a release twice, and tries it. What docs/releasing.md doesn't except must be the same bytes both times.
make_release() {
  local into version code=0
  into=$(mktemp -d)
  version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
  scripts/release.sh "$version" "$into/first" && scripts/try-release.sh "$into/first" && scripts/release.sh "$version" "$into/second" &&
    diff <(grep -vE 'orleans-registry-.*\.tar\.gz|OrleansRegistry\.Abstractions' "$into/first/SHA256SUMS") \
      <(grep -vE 'orleans-registry-.*\.tar\.gz|OrleansRegistry\.Abstractions' "$into/second/SHA256SUMS") || code=1
  rm -rf "$into"
  return "$code"
}

# Runs each part with its own script.
run_long() {
  local part missed=0
  [[ $# -gt 0 ]] || set -- tests clients chaos mutants soak benchmarks release
  for part in "$@"; do
    echo "== $part"
    case $part in
      tests)
        # With analyzers a second time, which the build has already run.
        dotnet format "$solution" --verify-no-changes || missed=1
        REGISTRY_TEST_ROUNDS=10 REGISTRY_TEST_FUZZ_REQUESTS=20000 scripts/test.sh || missed=1
        ;;
      clients) { scripts/clients.sh && scripts/ork-tests.sh; } || missed=1 ;;
      chaos) scripts/chaos.sh 30 1 || missed=1 ;;
      mutants) scripts/mutants.sh || missed=1 ;;
      soak) { scripts/soak.sh 20 && scripts/soak.sh 20 2 2; } || missed=1 ;;
      benchmarks) run_benchmarks || missed=1 ;;
      release) make_release || missed=1 ;;
      *) die "--long has no part \"$part\"" ;;
    esac
  done
  return "$missed"
}

# Most processes here live for seconds: code that is instrumented first and optimized later costs a quarter more.
export DOTNET_TieredPGO=0

filter=
runner=()
case ${1:-} in
  --long)
    shift
    run_long "$@"
    exit
    ;;
  --fast)
    runner=(-trait- "Database=PostgreSQL" -trait- "Speed=Slow")
    projects=()
    for name in "${fast[@]}"; do projects+=("tests/OrleansRegistry.$name.Tests"); done
    ;;
  --*) die "there is no $1; see the head of this script" ;;
  *)
    filter=${1:-}
    shift $(($# > 0))
    runner=("$@")
    projects=()
    for project in tests/*Tests; do
      if [[ $(basename "$project") == *"$filter"* ]]; then projects+=("$project"); fi
    done
    [[ ${#projects[@]} -gt 0 ]] || die "no test project has \"$filter\" in its name"
    # A long run, which has more rounds, and tests that are named, run all of them.
    [[ -n ${REGISTRY_TEST_ROUNDS:-} || $# -gt 0 ]] || runner+=(-trait- "Speed=Long")
    ;;
esac
whole=$([[ -z $filter && ${1:-} != --fast ]] && echo yes || true)  # everything, with the formatting

results=$(mktemp -d)  # what the test projects report

clean_up() {
  stop_postgres
  pkill -f "pipename:$compiler" 2>/dev/null || true
  rm -rf "$results"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

command -v dotnet >/dev/null || die "the .NET SDK is missing; global.json says which one is needed"
dotnet --version >/dev/null || die "the installed .NET SDK does not match global.json"

# Says in the summary how long a part took, and the processor time of what this script has waited for; servers count for themselves.
summary=()
begun=$SECONDS used=0
note() {
  local processor line
  # In this shell: another one has not waited for anything.
  times >"$results/times"
  processor=$(tr 'ms' '  ' <"$results/times" | awk '{ sum += $1 * 60 + $2 + $3 * 60 + $4 } END { print int(sum) }')
  printf -v line '%-40s %4d s, %4d s of processor time%s' "$1" "$((SECONDS - begun))" "$((processor - used))" "${2:+: $2}"
  summary+=("$line")
  begun=$SECONDS used=$processor
}

status=0

# Warnings are errors in every project (Directory.Build.props).
build() {
  dotnet build "$1" -c Release --nologo -v quiet -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler"
}
if [[ -z $filter ]]; then build "$solution"; else for project in "${projects[@]}"; do build "$project"; done; fi
note build
if [[ $whole ]]; then
  # Code style and analyzers are warnings of the build; what it can't see is how files end and are encoded.
  dotnet format whitespace "$solution" --verify-no-changes --no-restore || status=1
  note formatting
fi

if [[ -z ${REGISTRY_TEST_POSTGRES:-} && ${runner[*]} != *-trait-\ Database* ]] && grep -rqF --include=*.cs "$needs_postgres" "${projects[@]}"; then
  start_postgres
  export REGISTRY_TEST_POSTGRES=$pg_connection
fi

# Not where other tests are named: it takes its time.
if [[ " ${projects[*]} " == *ClusterTests* && -z ${REGISTRY_TEST_PREVIOUS:-} && (${runner[*]} != *-class* || ${runner[*]} == *Upgrade*) ]]; then
  build_previous
  export REGISTRY_TEST_PREVIOUS=$previous_host
fi
note servers

# Tests need more than the SDK: those of processes say why they can't run without it, and with CI=true that is a failure; those of the console
# need a browser.
install_missing() {
  local missing=()
  if [[ " ${projects[*]} " == *Runtime.Tests* || " ${projects[*]} " == *Host.Tests* ]]; then
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    if [[ -z ${REGISTRY_TEST_PYTHON:-} ]]; then
      /usr/bin/python3 -c "import sklearn, joblib" 2>/dev/null || missing+=(python3-sklearn python3-joblib)
    fi
  fi
  if [[ " ${projects[*]} " == *ClusterTests* ]]; then command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=(nginx-light); fi
  if [[ " ${projects[*]} " == *Host.Tests* ]]; then command -v promtool >/dev/null || missing+=(prometheus); fi
  if [[ " ${projects[*]} " == *WebConsole.Tests* && -z ${REGISTRY_TEST_BROWSER:-} ]]; then
    command -v chromium google-chrome >/dev/null || missing+=(chromium)
  fi
  if [[ ${#missing[@]} -gt 0 && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} …"
    apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
      { apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; } ||
      echo "apt can't install ${missing[*]}."
  fi
}
install_missing

# Adds up one attribute of a result file: passed, failed, errors, skipped.
count() {
  { grep -o '<assembly [^>]*' "$2" 2>/dev/null || true; } |
    sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" | awk '{ sum += $1 } END { print sum + 0 }'
}

passed=0
failed=0
failures=$results/failures  # what is shown again at the end: who reads a log from its end sees it

# Each failed test with what it says, from the output of the runner or of pytest.
failures_of() {
  awk '/ \[FAIL\]$/ { left = 12 } /^ *(Finished|OrleansRegistry[^ ]* +Total|===)/ { left = 0 } left-- > 0' "$1"
  grep -E '^(FAILED|ERROR) ' "$1" || true
}

# Runs a test project and keeps what it prints.
run() {
  local name=$(basename "$1") code=0
  dotnet "$1/bin/Release/net10.0/$name.dll" -noLogo -noColor -xml "$results/$name.xml" "${runner[@]}" >"$results/$name.log" 2>&1 || code=$?
  echo "$code" >"$results/$name.code"
}

# Shows what a project has printed, and adds up its result, which it leaves in counts.
report() {
  local name=$(basename "$1") good bad
  local result=$results/$name.xml
  echo
  echo "== $name"
  cat "$results/$name.log"
  good=$(count passed "$result")
  # Errors are failures outside of a test, such as in a clean-up.
  bad=$(($(count failed "$result") + $(count errors "$result")))
  failures_of "$results/$name.log" >>"$failures"
  # A project that crashed has no failed test to show, and still has failed.
  if [[ $bad -eq 0 && ($(<"$results/$name.code") -ne 0 || ! -f $result) ]]; then
    bad=1
    { echo "$name ended with code $(<"$results/$name.code"):"; tail -n 12 "$results/$name.log"; } >>"$failures"
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  counts="$good passed, $bad failed, $(count skipped "$result") skipped"
}

together=() alone=()
for project in "${projects[@]}"; do
  if [[ " ${apart[*]} " == *" $(basename "$project") "* ]]; then alone+=("$project"); else together+=("$project"); fi
done

for project in "${together[@]}"; do
  while [[ $(jobs -rp | wc -l) -ge 2 ]]; do wait -n; done
  run "$project" &
done
wait
for project in "${together[@]}"; do
  report "$project"
  summary+=("$(printf '%-40s %s' "$(basename "$project")" "$counts")")
done
if [[ ${#together[@]} -gt 0 ]]; then note "these, two at a time"; fi

for project in "${alone[@]}"; do
  run "$project"
  report "$project"
  note "$(basename "$project")" "$counts"
done

# The Python client, on a node of this build.
if [[ $whole ]]; then
  echo
  echo "== Python"
  scripts/python-tests.sh >"$results/python" 2>&1 || true
  cat "$results/python"
  failures_of "$results/python" >>"$failures"
  read -r good _ bad _ <<<"$(tail -n 1 "$results/python" | grep -E '^[0-9]+ passed, [0-9]+ failed$' || echo "0 passed, 1 failed")"
  passed=$((passed + good))
  failed=$((failed + bad))
  note Python "$good passed, $bad failed"
fi

# The demo, which fails where an answer is not the expected one. It needs sandboxes, as tests of processes do: where none starts it is left
# out, and fails with CI=true.
if [[ $whole ]] && { [[ ${CI:-} == true ]] || bwrap --unshare-all --ro-bind / / true 2>/dev/null; }; then
  echo
  echo "== demo"
  if scripts/demo.sh >"$results/demo" 2>&1; then
    passed=$((passed + 1)) good=passed
  else
    failed=$((failed + 1)) good=failed
    cat "$results/demo"
    { echo "demo:"; tail -n 12 "$results/demo"; } >>"$failures"
  fi
  note demo "$good"
fi

if [[ -s $failures ]]; then
  echo
  echo "== What failed"
  cat "$failures"
fi

echo
printf '%s\n' "${summary[@]}"
if [[ $status -ne 0 ]]; then echo "The formatting differs: run dotnet format."; fi
if [[ $((passed + failed)) -eq 0 ]]; then echo "No test has run."; fi
echo "$passed passed, $failed failed"
if [[ $failed -gt 0 || $passed -eq 0 ]]; then status=1; fi
exit "$status"
