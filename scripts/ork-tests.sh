#!/usr/bin/env bash
# The long tests of the clients: 200 seeds of faults for Python and .NET, and ork as a native program: no warnings of
# trimming or AOT, at most 12 MB, its tests, and its time beside curl's. The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "ork-tests.sh: $*" >&2
  exit 1
}

export DOTNET_TieredPGO=0
largest=$((12 * 1024 * 1024)) rounds=40 slowest=2.5

work=$(mktemp -d)
node=
clean_up() {
  if [[ $node ]]; then kill "$node" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What a native build needs, and the shells that complete; root may install them.
if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  missing=()
  for program in clang zsh fish curl; do command -v "$program" >/dev/null || missing+=("$program"); done
  [[ -e /usr/include/zlib.h ]] || missing+=(zlib1g-dev)
  if [[ ${#missing[@]} -gt 0 ]]; then
    install() { apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; }
    install || { apt-get update >/dev/null 2>&1 && install; } || die "apt can't install ${missing[*]}"
  fi
fi

passed=0 failed=0
check() { # NAME TRUE-OR-FALSE
  if [[ $2 == true ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  echo "$1: $2"
}
run() { # PROJECT [ARGUMENTS]
  local results=$work/results.xml code=0 good bad
  dotnet build "tests/OrleansRegistry.$1" -c Release --nologo -v quiet
  dotnet "tests/OrleansRegistry.$1/bin/Release/net10.0/OrleansRegistry.$1.dll" -noLogo -noColor -xml "$results" "${@:2}" || code=$?
  good=$(grep -o '<assembly [^>]*' "$results" | sed -n 's/.* passed="\([0-9]*\)".*/\1/p')
  bad=$(grep -o '<assembly [^>]*' "$results" | sed -n 's/.* failed="\([0-9]*\)".*/\1/p')
  if [[ $code -ne 0 && ${bad:-0} -eq 0 ]]; then bad=1; fi
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
}

# Warnings are errors, those of trimming and AOT too.
ork=$(scripts/install-ork.sh "$work/bin") || die "ork does not build"
size=$(stat -c %s "$ork")
echo "ork has $size bytes"
check "ork is at most $largest bytes" "$([[ $size -le $largest ]] && echo true || echo false)"

export REGISTRY_TEST_FAULT_SEEDS=200
run RestClient.Tests
unset REGISTRY_TEST_FAULT_SEEDS
REGISTRY_TEST_ORK=$ork run Cli.Tests

# ork versions and curl, by turns, on a node of this build.
dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet
port=$((20000 + RANDOM % 10000))
dotnet src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll --urls "http://127.0.0.1:$port" \
  --Registry:DataDirectory="$work/data" --Registry:SiloPort=$((port + 10000)) --Registry:ClientPort=$((port + 20000)) >"$work/node.log" 2>&1 &
node=$!
export ORK_URL=http://127.0.0.1:$port ORK_API_KEY_FILE=$work/data/admin-key
for _ in $(seq 120); do
  if curl -fs "$ORK_URL/health/ready" >/dev/null; then break; fi
  sleep 0.5
done
"$ork" deploy speed -q >/dev/null || die "the node does not answer: $(tail -n 3 "$work/node.log")"
key=$(<"$ORK_API_KEY_FILE")
now() { date +%s%N; }
for ((i = 0; i < rounds; i++)); do
  a=$(now)
  "$ork" versions speed >/dev/null
  b=$(now)
  curl -s -H "Authorization: Bearer $key" "$ORK_URL/v1/models/speed/versions" >/dev/null
  c=$(now)
  echo "$((b - a)) $((c - b))"
done >"$work/times"
median() { awk "{ print \$$1 }" "$work/times" | sort -n | sed -n "$((rounds / 2))p"; }
ratio=$(awk "BEGIN { printf \"%.2f\", $(median 1) / $(median 2) }")
echo "ork versions takes $(($(median 1) / 1000)) µs, curl $(($(median 2) / 1000)) µs: $ratio times"
check "ork versions takes at most $slowest times curl's time" "$(awk "BEGIN { print ($ratio <= $slowest) ? \"true\" : \"false\" }")"

read -r good _ bad _ <<<"$(scripts/python-tests.sh --long | tee /dev/stderr | tail -n 1)"
passed=$((passed + good)) failed=$((failed + bad))

echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
