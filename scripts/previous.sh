# The build before this one, for scripts that source this: build_previous sets previous_host, its executable, built in a worktree of its own;
# remove_previous removes it.

previous_root=  # the worktree, once there is one
previous_host=  # its executable
previous_log=   # what its build prints

# The first commit from which a rolling upgrade is promised, by its subject. It counts for as long as no release is tagged.
first_to_upgrade_from="Let a lease last 1.25 seconds, so that resolves on a killed silo's models answer again sooner"

# The release before this commit, or else the commit above; in a clone that has neither, this commit itself.
find_previous() {
  git describe --tags --match '*[0-9].[0-9]*.[0-9]*' --abbrev=0 HEAD^ 2>/dev/null ||
    git log -1 --format=%H --grep="^$first_to_upgrade_from\$" | grep . ||
    { echo "This clone has no build from before this one; fetch all of its history, with tags, to test an upgrade." >&2; git rev-parse HEAD; }
}

build_previous() {
  local commit
  commit=$(find_previous)
  previous_root=$(mktemp -d)
  previous_log=$(mktemp)
  git worktree add --quiet --detach "$previous_root" "$commit"
  echo "The build before this one is $(git -C "$previous_root" log -1 --format='%h, %s')"
  # From its own directory, which says what SDK it needs; without what its own tests have seen to.
  (cd "$previous_root" && dotnet build src/OrleansRegistry.Host -c Release --nologo -p:RunAnalyzers=false) >"$previous_log" 2>&1 ||
    { cat "$previous_log" >&2; die "the build before this one does not build"; }
  previous_host=$previous_root/src/OrleansRegistry.Host/bin/Release/net10.0/OrleansRegistry.Host.dll
}

remove_previous() {
  if [[ -n $previous_root ]]; then
    git worktree remove --force "$previous_root" 2>/dev/null || rm -rf "$previous_root"
    git worktree prune
  fi
  rm -f "$previous_log"
}
