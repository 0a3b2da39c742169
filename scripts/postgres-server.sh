#!/usr/bin/env bash
# A throw-away PostgreSQL server for one test that restarts it. Prints how to connect to it, and then "done" after each
# command that it reads, one a line: "stop" ends it in order, cutting everybody off, "start" starts it again; between the
# two "keep" puts a copy of its data aside, and "set-back" puts that in their place. "crash" has it crash and start
# again. With the end of its input the server is removed.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/postgres.sh"
trap stop_postgres EXIT
trap 'exit 129' HUP
trap 'exit 143' TERM

# What is not one of PostgreSQL's programs, where its data are.
pg_aside() {
  (cd "$pg_root" && "$@")
}

start_postgres >&2
echo "$pg_connection"
while read -r command; do
  case $command in
    stop) pg pg_ctl stop -D "$pg_root/data" -m fast -w </dev/null >&2 ;;
    # With the options of the first start, which it has written down.
    crash) pg pg_ctl restart -D "$pg_root/data" -l "$pg_root/log" -m immediate -w </dev/null >&2 ;;
    start) pg pg_ctl restart -D "$pg_root/data" -l "$pg_root/log" -w </dev/null >&2 ;;
    keep) pg_aside cp -a data kept ;;
    set-back) pg_aside rm -rf data && pg_aside mv kept data ;;
    *) die "no such command: $command" ;;
  esac
  echo done
done
