#!/usr/bin/env bash
# Repeats on this machine what docs/slo.md promises about failures: a cluster under load, of which a silo and a gateway
# are killed, a silo is frozen, another one stopped, and the database restarted and crashed; and one node on SQLite that
# is killed twenty times.
#
#   scripts/game-day.sh [SEED]
#
# Prints promise, bound and measured time. The exit code is 0 when all are met.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Fault, bound of resolves and of commands in seconds, and what it is.
bounds="
KillSilo 10 15 a silo is killed
FreezeSilo 10 15 a silo is frozen
StopSilo 2 2 a silo is stopped in order
KillGateway 2 2 a gateway is killed
RestartDatabase 5 5 the database is restarted
CrashDatabase 5 5 a process of the database is killed
"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

missed=0
# judge PROMISE BOUND MEASURED MET
judge() {
  printf '%-68s %-8s %-12s %s\n' "$@"
  [[ $4 == met ]] || missed=1
}

echo "A cluster under load …"
whole=met
REGISTRY_CHAOS_FAULTS=$(awk 'NF { print $1 }' <<<"$bounds" | paste -sd ,)
export REGISTRY_CHAOS_FAULTS
scripts/chaos.sh 0 "$@" >"$log" 2>&1 || whole="not met"
chaos=$(<"$log")
echo "A node that is killed twenty times …"
alone=met
scripts/test.sh Host -class '*SqliteKillTests' >"$log" 2>&1 || alone="not met"

echo
printf '%-68s %-8s %-12s %s\n' promise bound measured verdict
while read -r fault reads commands text; do
  [[ $fault ]] || continue
  # KillSilo   1 times; answered again, median and worst: resolves 0.2 4.0 s, commands 2.7 10.1 s; 0 failures
  figures="s/.*$fault  *[0-9]* times;.* resolves [0-9.]* \([0-9.]*\) s, commands [0-9.]* \([0-9.]*\) s.*/\1 \2/p"
  measured=$(sed -n "$figures" <<<"$chaos" | tail -n 1)
  read -r read command <<<"${measured:-none none}"
  met() { [[ $1 != none ]] && awk "BEGIN { exit !($1 <= $2) }" && echo met || echo "not met"; }
  judge "$text: resolves are answered again" "$reads s" "$read s" "$(met "$read" "$reads")"
  judge "$text: commands are answered again" "$commands s" "$command s" "$(met "$command" "$commands")"
done <<<"$bounds"
operations=$(grep -o '[0-9]* operations' <<<"$chaos" | tail -n 1 || true)
judge "clients of the cluster see one registry, and nothing is lost" none "$operations" "$whole"
judge "a killed node loses nothing that it acknowledged" none "20 kills" "$alone"
echo "on $(nproc) processors with a load of $(cut -d ' ' -f 1 /proc/loadavg)"
if [[ $missed -ne 0 ]]; then
  echo
  tail -n 40 <<<"$chaos"
  tail -n 40 "$log"
fi
exit "$missed"
