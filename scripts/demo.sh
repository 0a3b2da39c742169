#!/usr/bin/env bash
# The registry at work, with two versions of a model, which it runs itself: every command is shown as you could type it, with its answer.
# It needs Linux, bubblewrap and /usr/bin/python3, as docs/serving.md says.
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

# Prints the first of two free ports in a row.
free_ports() {
  local port
  while true; do
    port=$((10000 + RANDOM % 20000))
    if is_free $port && is_free $((port + 1)); then break; fi
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

# upload FILE: sends a file, which is named by the SHA-256 of its bytes.
upload() {
  sha256=$(sha256sum "$1" | cut -d ' ' -f 1)
  size=$(wc -c <"$1" | tr -d ' ')
  run curl -s -X PATCH -H "$auth" "$api/v1/artifacts/files/$sha256" \
    -H 'Content-Type: application/octet-stream' -H 'Upload-Offset: 0' -H "Upload-Length: $size" --data-binary "@$1"
  expect '"complete":true'
}

# The digest in the last answer.
digest() {
  [[ $answer =~ \"digest\":\"([0-9a-f]+)\" ]] || die "no digest in: $answer"
  printf '%s' "${BASH_REMATCH[1]}"
}

echo "Building the registry …"
host=src/OrleansRegistry.Host
dotnet build "$host" -c Release --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; die "$host does not build"; }
host=$host/bin/Release/net10.0/OrleansRegistry.Host.dll

port=$(free_ports)
api=http://127.0.0.1:$port
silo_port=$((port + 1))
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

say "The registry runs models in environments. Which one would take a Python class, and which one an ONNX model?"
run curl -s -H "$auth" "$api/v1/environments/match" -H "$json" -d '{"format": "python"}'
expect '"environment":"default"'
run curl -s -H "$auth" "$api/v1/environments/match" -H "$json" -d '{"format": "onnx"}'
expect '"environment":"onnx"'

say "Upload a model: its one file, and then the list of its files."
upload tests/OrleansRegistry.SampleModelServer/Models/iris-0.1.onnx
run curl -s -H "$auth" "$api/v1/artifacts" -H "$json" \
  -d "{\"format\": \"onnx\", \"files\": [{\"path\": \"model.onnx\", \"sha256\": \"$sha256\", \"size\": $size}]}"
first=$(digest)

say "Deploy it. Its first version is 0.1.0; publish it at once."
run curl -s -H "$auth" "$api/v1/model_versions" -H "$json" \
  -d "{\"model_name\": \"iris\", \"publish\": true, \"artifact\": {\"digest\": \"$first\"}, \"runtime\": {}}"
expect '"version":"0.1.0"' '"state":"published"'
old=$(version_id)

say "The registry starts it. Wait until it is ready. It is the primary: it answers for the model, with the number of a species."
run curl -s -H "$auth" "$api/v1/model_versions/$old?wait=ready&timeout_seconds=60"
expect '"status":"ready"' '"is_primary":true'
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: primary' '"label":2'

# The second model is a class of Python. It takes five seconds to start, as if it had much to read.
cat >"$work/model.py" <<'PYTHON'
import time

class Model:
    def load(self):
        time.sleep(5)

    def predict(self, inputs):
        flowers = inputs if isinstance(inputs, list) else next(iter(inputs.values()))
        return [self.name(*flower) for flower in flowers]

    def name(self, sepal_length, sepal_width, petal_length, petal_width):
        return "setosa" if petal_length < 2.45 else "versicolor" if petal_width < 1.75 else "virginica"
PYTHON

say "Deploy a better one as a major version: 1.0.0. It is a class of Python, and slow to start."
upload "$work/model.py"
run curl -s -H "$auth" "$api/v1/artifacts" -H "$json" \
  -d "{\"format\": \"python\", \"files\": [{\"path\": \"model.py\", \"sha256\": \"$sha256\", \"size\": $size}]}"
second=$(digest)
run curl -s -H "$auth" "$api/v1/model_versions" -H "$json" \
  -d "{\"model_name\": \"iris\", \"version_bump\": \"MAJOR\", \"publish\": true, \"artifact\": {\"digest\": \"$second\"}, \"runtime\": {}}"
expect '"version":"1.0.0"' '"is_primary":false' '"status":"starting"'
new=$(version_id)

say "Meanwhile 0.1.0 goes on answering."
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: primary'

say "Wait for 1.0.0. Once it is ready it is the primary, and the same call gets its answer."
run curl -s -H "$auth" "$api/v1/model_versions/$new?wait=ready&timeout_seconds=60"
expect '"status":"ready"' '"is_primary":true'
run curl -s -i -H "$auth" "$api/v1/models/iris/predict" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' 'Model-Resolved-By: primary' '{"predictions":["versicolor"]}'

say "A caller may ask for a range of versions …"
run curl -s -i -H "$auth" "$api/v1/models/iris/predict?version=^0.1" -H "$json" -d "$flower"
expect 'HTTP/1.1 200' 'Model-Version: 0.1.0' 'Model-Resolved-By: range'

say "… or speak the Open Inference Protocol."
run curl -s -i -H "$auth" "$api/v2/models/iris/infer" -H "$json" -d "$tensor"
expect 'HTTP/1.1 200' 'Model-Version: 1.0.0' '"datatype":"BYTES","data":["versicolor"]'

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

say "What has 1.0.0 written? Its log is kept as long as it is active."
run curl -s -H "$auth" "$api/v1/model_versions/$new/logs?tail=5"

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
