#!/usr/bin/env bash
# Runs a cluster under load and faults for a while, and checks everything that its clients saw. Every fault is injected at least once.
#
#   scripts/chaos.sh MINUTES [SEED]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export REGISTRY_CHAOS_MINUTES=${1:?scripts/chaos.sh MINUTES [SEED]}
if [[ $# -gt 1 ]]; then export REGISTRY_CHAOS_SEED=$2; fi
REGISTRY_TEST_LOGS=$(mktemp -d)
export REGISTRY_TEST_LOGS

if ! scripts/test.sh Cluster -class '*ChaosTests' -showLiveOutput; then
  echo "What the nodes printed is in $REGISTRY_TEST_LOGS."
  exit 1
fi
rm -rf "$REGISTRY_TEST_LOGS"
