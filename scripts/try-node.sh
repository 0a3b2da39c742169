#!/usr/bin/env bash
# Asks a node that was just started: it gets ready, takes a deployment, and leads to it. Changes are a model "try".
#
#   scripts/try-node.sh URL KEYFILE
set -euo pipefail

die() {
  echo "try-node.sh: $*" >&2
  exit 1
}

url=${1:?scripts/try-node.sh URL KEYFILE} key=${2:?scripts/try-node.sh URL KEYFILE}
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

ready=
for _ in {1..150}; do
  if curl -sf -o /dev/null "$url/health/ready"; then ready=yes; break; fi
  sleep 0.4
done
[[ $ready ]] || die "$url is not ready after a minute"

# curl reads the header from a pipe, so that nobody finds the key in a list of processes.
ask() {
  curl -sS --max-time 30 -H @<(printf 'Authorization: Bearer %s\n' "$(<"$key")") -H 'Content-Type: application/json' "$@"
}

answer=$(ask "$url/v1/model_versions" -d '{"model_name": "try", "publish": true}')
[[ $answer == *'"state":"published"'* && $answer =~ \"id\":\"([^\"]+)\" ]] || die "it takes no deployment: $answer"
version=${BASH_REMATCH[1]}
answer=$(ask "$url/v1/models/try/resolve")
[[ $answer == *"\"$version\""* ]] || die "the version that was deployed is not the one that answers: $answer"
[[ $(curl -sS -o /dev/null -w '%{http_code}' "$url/v1/models") == 401 ]] || die "it answers a caller without a key"
echo "$url is ready, takes deployments and leads to them"
