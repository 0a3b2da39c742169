#!/usr/bin/env bash
# Makes a release of the commit that is checked out: packages, wheel, ork, the published server, bill of materials,
# checksums. docs/releasing.md says what each file is. Images are made by .github/workflows/images.yml.
#
#   scripts/release.sh VERSION DIRECTORY     into DIRECTORY, which must be empty or not there
#
# It builds in a worktree of its own, so what isn't committed is not in it.
# Needs the .NET SDK, git, and Python's setuptools and wheel (scripts/python-wheel.sh); for a native ork a C compiler
# and zlib's headers.
set -euo pipefail

die() {
  echo "release.sh: $*" >&2
  exit 1
}

version=${1:?scripts/release.sh VERSION DIRECTORY} into=$(realpath -m "${2:?scripts/release.sh VERSION DIRECTORY}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ ! -e $into || -z $(ls -A "$into") ]] || die "$into is not empty"
# The same place each time: what Razor and other generators make has the path.
work=/tmp/orleans-registry-release
tree=$work/tree
mkdir -m 700 "$work" || die "another run is at work in $work, or was killed: remove it then, and run git worktree prune"
clean_up() {
  git worktree remove --force "$tree" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[[ -z $(git status --porcelain) ]] || echo "release.sh: what isn't committed is not in the release" >&2
git worktree add --quiet --detach "$tree" HEAD
cd "$tree"
stated=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
[[ $version == "$stated" ]] || die "the version of this commit is $stated (Directory.Build.props), not $version"

# Exactly the packages of the lock files, no path of this machine in what is built, and one instant: that of the commit.
export CI=true LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
umask 022
made=$work/made
mkdir "$made"

# pack_up NAME FOLDER: a folder of $work as NAME.tar.gz, without anything of this machine.
pack_up() {
  tar --create --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX --directory "$work" "$2" | gzip -n -9 >"$made/$1.tar.gz"
}

machine=$(uname -m)
machine=linux-${machine/x86_64/x64}
machine=${machine/aarch64/arm64}

echo "The server …"
# Without analyzers, which the tests ran. It needs the runtime of .NET, which its system patches.
server=orleans-registry-$version
dotnet publish src/OrleansRegistry.Host -c Release -o "$work/$server" --nologo -v quiet -p:RunAnalyzers=false
cp -r docs deploy LICENSE SECURITY.md CHANGELOG.md "$work/$server/"
pack_up "$server-$machine" "$server"

echo "The packages …"
for project in Abstractions Client Silo RestClient Cli; do
  dotnet pack "src/OrleansRegistry.$project" -c Release -o "$made" --nologo -v quiet -p:RunAnalyzers=false
done

echo "The Python client …"
scripts/python-wheel.sh "$made" >/dev/null

echo "ork …"
REGISTRY_ORK_BUILD=$work/ork scripts/install-ork.sh "$work/bin" >/dev/null
if [[ -L $work/bin/ork ]]; then
  echo "There is no C compiler for a native ork: only the tool of .NET is made."
else
  ork=ork-$version
  mkdir "$work/$ork"
  cp LICENSE "$work/bin/ork" "$work/$ork/"
  pack_up "$ork-$machine" "$ork"
fi

echo "The bill of materials …"
scripts/sbom.sh >"$made/orleans-registry-$version.cdx.json"

(cd "$made" && sha256sum -- * >"$work/SHA256SUMS")
mkdir -p "$into"
cp "$made"/* "$work/SHA256SUMS" "$into/"
cat "$into/SHA256SUMS"
