#!/usr/bin/env bash
# A cluster of processes on this machine, to try what a cluster does: silos and gateways on one PostgreSQL, with mutual TLS between them.
#
#   scripts/cluster.sh [SILOS] [GATEWAYS]    2 and 2 by default
#
# The database is ConnectionStrings__Registry when that is set, otherwise a throw-away server that is removed at the end, with all that
# the cluster has stored. Ctrl-C ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

silos=${1:-2}
gateways=${2:-2}
first_port=5080       # of the gateways' HTTP; each has the next one
first_silo_port=11111 # of the silos; each has the next one
first_orleans_port=30000 # of the silos for gateways
first_health_port=8080   # of the silos for health
host=src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll
home=$(mktemp -d)     # secret, first key, certificates and logs

source scripts/postgres.sh
source scripts/servers.sh
servers_home=$home

clean_up() {
  stop_servers
  stop_postgres
  rm -rf "$home"
}
clean_up_with clean_up

# Starts a node in the background: its name, then its arguments.
start_node() {
  local name=$1
  shift
  start "$name" dotnet "$host" "$@" \
    --Registry:DataDirectory="$home/data" \
    --Registry:Outbound:AllowLoopback=true \
    --Registry:Cluster:Certificate="$home/certificates/node.crt" \
    --Registry:Cluster:Key="$home/certificates/node.key" \
    --Registry:Cluster:Authority="$home/certificates/authority.crt"
}

dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet >&2
if [[ -z ${ConnectionStrings__Registry:-} ]]; then
  start_postgres
  export ConnectionStrings__Registry=$pg_connection
fi
export Registry__Auth__Secret=${Registry__Auth__Secret:-$(head -c 32 /dev/urandom | base64 -w 0)}
dotnet "$host" new-certificate "$home/certificates" >/dev/null

for ((i = 0; i < silos; i++)); do
  start_node "silo-$i" --role silo --urls "http://127.0.0.1:$((first_health_port + i))" \
    --Registry:SiloPort=$((first_silo_port + i)) --Registry:ClientPort=$((first_orleans_port + i))
  await "silo-$i" "http://127.0.0.1:$((first_health_port + i))/health/ready"
  echo "silo-$i     process ${servers[-1]}"
done
for ((i = 0; i < gateways; i++)); do
  start_node "gateway-$i" --role gateway --urls "http://127.0.0.1:$((first_port + i))"
  await "gateway-$i" "http://127.0.0.1:$((first_port + i))/health/ready"
  echo "gateway-$i  process ${servers[-1]}, http://127.0.0.1:$((first_port + i))"
done
echo "The operator's key is in $home/data/admin-key, logs are in $home. Ctrl-C ends the cluster."
wait
