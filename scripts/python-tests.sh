#!/usr/bin/env bash
# The tests of the Python client, on a real node. The last line is "N passed, N failed".
#
#   scripts/python-tests.sh [PYTEST ARGUMENTS]
#   REGISTRY_TEST_FAULT_SEEDS=200 scripts/python-tests.sh     with more seeds of faults (20 by default)
#
# REGISTRY_TEST_PYTHON names the interpreter; otherwise it is /usr/bin/python3. Its missing packages are installed with
# apt where that is allowed (by root), else with pip into the environment of the tests. The wheel is built, installed
# into an environment of its own, and tested there. The environment is removed afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "python-tests.sh: $*" >&2
  exit 1
}

python=${REGISTRY_TEST_PYTHON:-/usr/bin/python3}
command -v "$python" >/dev/null || die "there is no interpreter $python"
python=$(command -v "$python")
export REGISTRY_TEST_PYTHON=$python
# Nothing of the caller's shell goes into the tests.
unset PYTHONPATH PYTHONHOME

has() { "$python" -c "import $1" 2>/dev/null; }
needed=(ensurepip pip setuptools wheel pytest mypy numpy)
missing=()
for module in "${needed[@]}"; do has "$module" || missing+=("$module"); done

if [[ ${#missing[@]} -gt 0 && $python == /usr/bin/python3 && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  packages=("${missing[@]/#/python3-}")
  packages=("${packages[@]/python3-ensurepip/python3-venv}")
  echo "Installing ${packages[*]} …"
  install() { apt-get install -y --no-install-recommends "${packages[@]}" >/dev/null 2>&1; }
  install || { apt-get update >/dev/null 2>&1 && install; } || die "apt can't install ${packages[*]}"
  missing=()
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$python" -m venv --system-site-packages "$work/venv" || die "$python can't make a virtual environment"
if [[ ${#missing[@]} -gt 0 ]]; then
  "$work/venv/bin/pip" --disable-pip-version-check install --quiet "${missing[@]}" || die "$python lacks ${missing[*]}"
  export REGISTRY_TEST_PYTHON=$work/venv/bin/python
fi

for project in src/OrleansRegistry.Host tests/OrleansRegistry.SampleModelServer; do
  if [[ ! -f $project/bin/Release/net10.0/$(basename "$project").dll ]]; then
    dotnet build "$project" -c Release --nologo -v quiet || die "$project does not build"
  fi
done

wheel=$(scripts/python-wheel.sh "$work/wheel") || die "the wheel does not build"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps "$wheel"

code=0
export PYTHONDONTWRITEBYTECODE=1
pytest=("$work/venv/bin/python" -m pytest -q -p no:cacheprovider "--junitxml=$work/results.xml")
(cd tests/python && "${pytest[@]}" "$@") || code=$?

# count NAME: tests, failures, errors or skipped of the only suite.
count() {
  { grep -o '<testsuite [^>]*' "$work/results.xml" 2>/dev/null || true; } | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"
}
tests=$(count tests) failures=$(count failures) errors=$(count errors) skipped=$(count skipped)
failed=$((${failures:-0} + ${errors:-0}))
passed=$((${tests:-0} - failed - ${skipped:-0}))
if [[ $failed -eq 0 && $code -ne 0 ]]; then failed=1; fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
