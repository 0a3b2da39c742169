# Servers in the background, for scripts that source this. They print into files of $servers_home, which the script names first and removes last.

servers_home=  # where their output goes
servers=()     # process ids

# start NAME COMMAND...: a server in the background. What it writes only this user can read: there are keys among it.
start() {
  local name=$1
  shift
  (umask 077 && exec "$@" >"$servers_home/$name.log" 2>&1) &
  servers+=($!)
}

# await NAME URL: until the server started last answers 2xx there. It must have said itself that it listens: something else may answer on its port.
await() {
  local name=$1 url=$2
  for _ in {1..300}; do
    kill -0 "${servers[-1]}" 2>/dev/null || break
    if grep -qs "Now listening on" "$servers_home/$name.log" && curl -sf -o /dev/null "$url"; then return; fi
    sleep 0.2
  done
  cat "$servers_home/$name.log" >&2
  die "$name does not start"
}

stop_servers() {
  if [[ ${#servers[@]} -gt 0 ]]; then
    kill "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true
  fi
}

# clean_up_with FUNCTION: runs it whenever the script ends, also because its terminal was closed.
clean_up_with() {
  # shellcheck disable=SC2064
  trap "$1" EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
