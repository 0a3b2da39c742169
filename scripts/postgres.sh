# A throw-away PostgreSQL server on loopback, for scripts that source this: start_postgres sets pg_connection, an Npgsql connection string;
# stop_postgres stops the server and removes it.

pg_root=        # the server's home, once there is one
pg_bin=         # its programs
pg_user=        # whom to run it as; empty: as ourselves
pg_connection=  # how to reach it
pg_log=         # what its programs print

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Runs a PostgreSQL program. The server refuses to run as root, so root hands over to another user.
pg() {
  local program=$1
  shift
  # From its own directory: that user may not be allowed to enter ours.
  (cd "$pg_root" && ${pg_user:+runuser -u "$pg_user" --} "$pg_bin/$program" "$@")
}

# The newest of Debian's versions, which are not on the PATH, or else what is on the PATH.
find_postgres() {
  local initdb
  initdb=$({ ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true; } | sort -V | tail -n 1)
  [[ -n $initdb ]] || initdb=$(command -v initdb) || return 1
  pg_bin=$(dirname "$initdb")
}

start_postgres() {
  pg_log=$(mktemp)
  if ! find_postgres && [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "PostgreSQL is missing; installing it."
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql; } >"$pg_log" 2>&1 ||
      { tail -n 20 "$pg_log" >&2; die "cannot install PostgreSQL"; }
  fi
  find_postgres || die "PostgreSQL is missing: install the server, or name one in REGISTRY_TEST_POSTGRES"

  pg_root=$(mktemp -d)
  if [[ $EUID -eq 0 ]]; then
    pg_user=nobody
    if id postgres >/dev/null 2>&1; then pg_user=postgres; fi
    chown "$pg_user" "$pg_root"
  fi

  pg initdb -D "$pg_root/data" -U postgres --auth=trust --encoding=UTF8 --no-locale >"$pg_log" 2>&1 ||
    { cat "$pg_log" >&2; die "initdb failed"; }
  # fsync stays on: tests that kill the registry rely on what was written.
  local options="-c listen_addresses=127.0.0.1 -c unix_socket_directories=$pg_root -c max_connections=200"

  # Nothing can reserve a free port for another program, so take one at random and try again when it is in use.
  local port
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    if pg pg_ctl start -D "$pg_root/data" -l "$pg_root/log" -o "$options -p $port" -w >/dev/null 2>&1; then
      pg_connection="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
      echo "PostgreSQL $("$pg_bin/postgres" --version | awk '{ print $3 }') is running on port $port."
      return
    fi
  done
  cat "$pg_root/log" >&2 || true
  die "PostgreSQL does not start"
}

stop_postgres() {
  if [[ -n $pg_root ]]; then
    # By the data directory, so that no other server is ever touched.
    if [[ -f $pg_root/data/postmaster.pid ]]; then
      pg pg_ctl stop -D "$pg_root/data" -m immediate -w >/dev/null || echo "$(basename "$0"): PostgreSQL did not stop" >&2
    fi
    rm -rf "$pg_root"
  fi
  rm -f "$pg_log"
}
