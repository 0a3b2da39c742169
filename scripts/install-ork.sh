#!/usr/bin/env bash
# Builds ork and puts it where the user's programs are.
#
#   scripts/install-ork.sh [DIRECTORY]      ~/.local/bin by default
#
# With a C compiler (clang or gcc) and zlib's headers it is one native file. Otherwise it needs the .NET runtime.
# REGISTRY_ORK_NATIVE=no makes the second kind in any case. It is built in the directory REGISTRY_ORK_BUILD, whose path
# is part of what is made, and which is removed; by default in a new one. Prints the program's path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "install-ork.sh: $*" >&2
  exit 1
}

command -v dotnet >/dev/null || die "the .NET SDK is missing; global.json says which one is needed"
bin=${1:-$HOME/.local/bin}
library=${bin%/bin}/lib/ork

work=${REGISTRY_ORK_BUILD:-$(mktemp -d)}
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

compiler=
if [[ ${REGISTRY_ORK_NATIVE:-} != no ]]; then
  for candidate in clang gcc; do
    if command -v "$candidate" >/dev/null && echo '#include <zlib.h>' | "$candidate" -E - >/dev/null 2>&1; then
      compiler=$candidate
      break
    fi
  done
fi

# Away from the sources: a native build restores other packages than the usual one.
publish() { dotnet publish src/OrleansRegistry.Cli -c Release --artifacts-path "$work" -o "$work/out" --nologo -v quiet "$@" >&2; }

mkdir -p "$bin"
if [[ $compiler ]]; then
  publish -p:PublishAot=true -p:CppCompilerAndLinker="$compiler" -p:StripSymbols=true || die "the native build failed; REGISTRY_ORK_NATIVE=no makes one that needs .NET"
  # In the place of a running one too.
  cp "$work/out/ork" "$bin/.ork.new"
  mv "$bin/.ork.new" "$bin/ork"
else
  publish --self-contained false || die "the build failed"
  rm -rf "$library"
  mkdir -p "$library"
  cp -R "$work/out/." "$library/"
  ln -sf "$library/ork" "$bin/ork"
fi
echo "$bin/ork"
