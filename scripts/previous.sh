# The release before this one, for scripts that source this: build_previous sets previous_host, its executable. It is built once, in a
# worktree of its own, and kept in the user's cache.

previous_host=  # its executable

# The first commit from which a rolling upgrade is promised, by its subject: the shape of stored and sent records is kept
# from here on. It counts for as long as no release is tagged.
first_to_upgrade_from='Show that the last of three silos takes over, that every mutant applies, and the files of a field and of a setting'

# The release before this commit, or else the commit above.
find_previous() {
  git describe --tags --match '*[0-9].[0-9]*.[0-9]*' --abbrev=0 HEAD^ 2>/dev/null ||
    git log -1 --format=%H --grep="^$first_to_upgrade_from\$" | grep . ||
    die "the history has no commit '$first_to_upgrade_from': fetch all of it"
}

build_previous() {
  local commit kept tree log
  commit=$(find_previous)
  kept=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/orleans-registry/$commit
  previous_host=$kept/OrleansRegistry.Host.dll
  if [[ -f $previous_host ]]; then return; fi

  echo "Building the release before this one: $(git log -1 --format='%h, %s' "$commit")"
  tree=$(mktemp -d) log=$(mktemp)
  git worktree add --quiet --detach "$tree" "$commit"
  # From its own directory, which says what SDK it needs; without what its own tests have seen to.
  (cd "$tree" && dotnet build src/OrleansRegistry.Host -c Release --nologo -p:RunAnalyzers=false) >"$log" 2>&1 ||
    { cat "$log" >&2; die "the release before this one does not build"; }
  # At once, so that a build that was broken off leaves nothing that looks like one.
  mkdir -p "$(dirname "$kept")"
  rm -rf "$kept"
  mv "$tree/src/OrleansRegistry.Host/bin/Release/net10.0" "$kept"
  git worktree remove --force "$tree"
  rm -f "$log"
}
