#!/usr/bin/env bash
# Runs a cluster under load and faults for a while, and checks everything that its clients saw. Every fault is injected at least once.
#
#   scripts/chaos.sh MINUTES [SEED]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export REGISTRY_CHAOS_MINUTES=${1:?scripts/chaos.sh MINUTES [SEED]}
if [[ $# -gt 1 ]]; then export REGISTRY_CHAOS_SEED=$2; fi
exec scripts/test.sh Cluster -class '*ChaosTests' -showLiveOutput
