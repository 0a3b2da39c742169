#!/usr/bin/env bash
# The registry at work, with two versions of a real model: every command is shown as you could type it, with its answer.
# Everything is started for the demo only, on ports of its own, and stopped and removed at its end.
# The exit code is 0 only if every answer was the expected one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "demo.sh: $*" >&2
  exit 1
}

command -v curl >/dev/null || die "curl is missing"
command -v dotnet >/dev/null || die "the .NET SDK is missing; global.json says which one is needed"

# The servers are on this machine, whatever proxy there is for others.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

work=$(mktemp -d)  # the registry's data, and what the servers log
answer=            # the last answer, whole

source scripts/servers.sh
servers_home=$work

clean_up() {
  stop_servers
  rm -rf "$work"
}
clean_up_with clean_up

is_free() {
  ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints the first of four free ports in a row.
free_ports() {
  local port
  while true; do
    port=$((10000 + RANDOM % 20000))
    if is_free $port && is_free $((port + 1)) && is_free $((port + 2)) && is_free $((port + 3)); then break; fi
  done
  echo $port
}

# say TEXT: what comes next.
say() {
  printf '\n# %s\n' "$@"
}

# run COMMAND...: shows a command and runs it. The answer is shown without the parts that don't matter here.
run() {
  local argument shown='$'
  for argument in "$@"; do
    argument=${argument/#@"$work/"/@}
    if [[ $argument == -d ]]; then shown+=$' \\\n   '; fi
    if [[ $argument == *[!A-Za-z0-9_./:=@-]* ]]; then argument="'$argument'"; fi
    shown+=" $argument"
  done
  printf '%s\n' "$shown"
  answer=$("$@" | tr -d '\r') || die "no answer"
  printf '%s\n' "$answer" | brief
}

# Of the headers those of the registry; of a version what a reader looks for; of a command's answer what it changed.
brief() {
  sed -n -E -e '/^(HTTP\/|Model-|[{[])/p' | sed -E \
    -e 's/^(\{"id":.*"is_primary":[a-z]+),.*"status":"([a-z]+)".*/\1, … "serving":{… "status":"\2" …} …}/' \
    -e 's/^\{"version":\{("id":.*"is_primary":[a-z]+),.*\},"changed"/{"version":{\1, …},"changed"/'
}

# expect TEXT...: fails unless the last answer has them all.
expect() {
  local text
  for text in "$@"; do
    [[ $answer == *"$text"* ]] || die "the answer should have had: $text"$'\n'"$answer"
  done
}

# The id of the version in the last answer.
version_id() {
  [[ $answer =~ \"id\":\"([^\"]+)\" ]] || die "no id in: $answer"
  printf '%s' "${BASH_REMATCH[1]}"
}

# The published time in the last answer, in milliseconds.
published_milliseconds() {
  [[ $answer =~ \"published_seconds\":([0-9.]+) ]] || die "no seconds in: $answer"
  awk "BEGIN { printf \"%.0f\", ${BASH_REMATCH[1]} * 1000 }"
}

echo "Building the registry and a sample model server …"
host=src/OrleansRegistry.Host
sample=tests/OrleansRegistry.SampleModelServer
for project in "$host" "$sample"; do
  dotnet build "$project" -c Release --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; die "$project does not build"; }
done
host=$host/bin/Release/net10.0/OrleansRegistry.Host.dll
sample=$sample/bin/Release/net10.0/OrleansRegistry.SampleModelServer.dll
models=tests/OrleansRegistry.SampleModelServer/Models

port=$(free_ports)
api=http://127.0.0.1:$port
silo_port=$((port + 1))
first=http://127.0.0.1:$((port + 2))
second=http://127.0.0.1:$((port + 3))
json='Content-Type: application/json'
# A versicolor, which the first model takes for a virginica.
flower='{"instances": [[6.3, 3.3, 4.7, 1.6]]}'
tensor='{"inputs": [{"name": "measurements", "shape": [1, 4], "datatype": "FP32", "data": [6.3, 3.3, 4.7, 1.6]}]}'

# Without a connection string, whatever the environment says: on SQLite, in a directory of its own.
start registry dotnet "$host" "--urls=$api" "--Registry:DataDirectory=$work/data" "--Registry:SiloPort=$silo_port" --ConnectionStrings:Registry=
await registry "$api/health/ready"

# The first start has made a key, for every request. curl reads the header from a file, so that nobody finds the key in a list of processes.
(umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$work/data/admin-key")" >"$work/auth")
auth=@$work/auth
start iris-0.1 dotnet "$sample" "--urls=$first" "--Model=$models/iris-0.1.onnx"
await iris-0.1 "$first/health"

say "Deploy a model that is served at $first. Its first version is 0.1.0; publish it at once."
run curl -s -H "$auth" "$api/v1/model_versions" -H "$json" \
  -d "{\"model_name\": \"iris\", \"publish\": true, \"serving\": {\"url\": \"$first/predict\", \"health_url\": \"$first/health\"}}"
expect '"version":"0.1.0"' '"state":"published"'
old=$(version_id)

say "Wait until it is ready. It is the primary: it answers for the model."
run curl -s -H "$auth" "$api/v1/model_versions/$old?wait=ready&timeout_seconds=60"
expect '"status":"ready"' '"is_primary":true'
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: primary' '"label":"virginica"' 'iris-0.1.onnx'

# It takes five seconds to start.
start iris-1.0 dotnet "$sample" "--urls=$second" "--Model=$models/iris-1.0.onnx" --StartDelaySeconds=5

say "Deploy a better one as a major version: 1.0.0. Its server at $second is slow to start."
run curl -s -H "$auth" "$api/v1/model_versions" -H "$json" \
  -d "{\"model_name\": \"iris\", \"version_bump\": \"MAJOR\", \"publish\": true, \"serving\": {\"url\": \"$second/predict\", \"health_url\": \"$second/health\"}}"
expect '"version":"1.0.0"' '"is_primary":false' '"status":"starting"'
new=$(version_id)

say "Meanwhile 0.1.0 goes on answering."
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: primary'

say "Wait for 1.0.0. Once it is ready it is the primary, and the same call gets its answer."
run curl -s -H "$auth" "$api/v1/model_versions/$new?wait=ready&timeout_seconds=60"
expect '"status":"ready"' '"is_primary":true'
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' 'Model-Resolved-By: primary' '"label":"versicolor"' 'iris-1.0.onnx'

say "A caller may ask for a range of versions …"
run curl -s -i -H "$auth" "$api/v1/models/iris/predict?version=^0.1" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: range'

say "… or speak the Open Inference Protocol."
run curl -s -i -H "$auth" "$api/v2/models/iris/infer" -H "$json" -d "$tensor"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' '"name":"label","datatype":"INT64","shape":[1],"data":[1]'

say "Second thoughts: promote 0.1.0. That is the traffic change; the next call gets its answer."
run curl -s -X POST -H "$auth" "$api/v1/model_versions/$old/promote"
expect '"changed":true' "\"from\":\"$new\"" "\"to\":\"$old\""
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: primary'

say "Whoever asks for 1.0.0 gets it all the same."
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H 'Model-Version: 1.0.0' -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' 'Model-Resolved-By: exact'

say "Deactivate 0.1.0. It gets no more calls, and another version becomes the primary in the same step: the answer says which."
run curl -s -X POST -H "$auth" "$api/v1/model_versions/$old/deactivate"
expect '"state":"inactive"' "\"from\":\"$old\"" "\"to\":\"$new\""
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' 'Model-Resolved-By: primary'

say "Whoever names 0.1.0 is told."
run curl -s -i -H "$auth" "$api/v1/models/iris/predict?version=0.1.0" -H "$json" -d "$flower"
expect 'HTTP/1.1 409' '"code":"version_inactive"'

say "Delete it, for good. Its number is never given again."
run curl -s -X DELETE -H "$auth" "$api/v1/model_versions/$old"
expect '"state":"deleted"' '"model_deleted":false'
run curl -s -i -H "$auth" "$api/v1/models/iris/predict?version=0.1.0" -H "$json" -d "$flower"
expect 'HTTP/1.1 410' '"code":"version_deleted"'

say "Take 1.0.0 out of routing too: nothing runs any more, and nothing more is billed."
run curl -s -X POST -H "$auth" "$api/v1/model_versions/$new/deactivate"
expect '"state":"inactive"'

say "The bill. A minute of published time costs 6.00, so that a second costs 0.10; the version that is deleted counts what it used."
run curl -s -X PUT -H "$auth" "$api/v1/billing/rates" -H "$json" \
  -d '{"rates": [{"stage": "published", "price_per_minute": "6.00", "effective_from": "2026-01-01"}]}'
run curl -s -H "$auth" "$api/v1/model_versions/$old/usage"
total=$(published_milliseconds)
run curl -s -H "$auth" "$api/v1/model_versions/$new/usage"
total=$((total + $(published_milliseconds)))
run curl -s -H "$auth" "$api/v1/billing/usage?from=2026-01-01&group_by=version"
expect "\"total_amount\":\"$(awk "BEGIN { printf \"%.9f\", $total / 1000 / 60 * 6 }")\""
run curl -s -H "$auth" "$api/v1/billing/statements/$(date -u +%Y-%m)"
expect '"closed":false' '"version":"0.1.0"' '"version":"1.0.0"'

printf '\nEvery answer was the expected one.\n'
