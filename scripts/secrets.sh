#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml hands to the containers, in ./secrets. Those that are there stay as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Secrets of compose are mounted with the rights of their files; the containers' user is not ours, so the directory keeps others out.
mkdir -p secrets
chmod 700 secrets

# Writes standard input to a secret unless it is there.
secret() {
  if [[ ! -s secrets/$1 ]]; then
    cat >"secrets/$1"
    chmod 644 "secrets/$1"
    echo "made secrets/$1"
  fi
}

random() { head -c "$1" /dev/urandom | base64 -w 0; }

random 24 | tr '+/' '-_' | secret postgres_password
echo "Host=postgres;Username=registry;Database=registry;Password=$(<secrets/postgres_password)" | secret ConnectionStrings__Registry
random 32 | secret Registry__Auth__Secret
dotnet build src/OrleansRegistry.Host -c Release --nologo -v quiet >&2
dotnet src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll new-key | secret Registry__Auth__AdminKey
