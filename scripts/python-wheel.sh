#!/usr/bin/env bash
# Builds the wheel of the Python client, without network; the same sources always give the same bytes.
#
#   scripts/python-wheel.sh [DIRECTORY]     into DIRECTORY, by default ./dist
#
# Needs Python's setuptools and wheel (Debian: python3-setuptools, python3-wheel, python3-pip).
set -euo pipefail
into=$(realpath -m "${1:-dist}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${REGISTRY_TEST_PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || python=python3

# Of a copy, so that nothing of an earlier build gets into the wheel, and nothing of this one stays.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
umask 022
cp -r src/OrleansRegistry.Python "$work/project"
cp LICENSE "$work/project/"
find "$work/project" -name __pycache__ -prune -exec rm -rf {} +
chmod -R u=rwX,go=rX "$work/project"

# The instant that stands in the wheel: the first one that a zip file can hold.
export SOURCE_DATE_EPOCH=315532800
"$python" -m pip --disable-pip-version-check wheel --quiet --no-index --no-deps --no-build-isolation \
  --wheel-dir "$work/wheel" "$work/project" >&2
# The same files, as small as they get.
"$python" - "$work"/wheel/*.whl <<'EOF'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    files = [(file, wheel.read(file)) for file in wheel.infolist()]
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for file, content in files:
        wheel.writestr(file, content, zipfile.ZIP_DEFLATED, compresslevel=9)
EOF
mkdir -p "$into"
rm -f "$into"/orleans_registry-*.whl
cp "$work"/wheel/*.whl "$into/"
ls "$into"/orleans_registry-*.whl
