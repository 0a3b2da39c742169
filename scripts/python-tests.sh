#!/usr/bin/env bash
# The tests of the Python client, on a real node. The last line is "N passed, N failed".
#
#   scripts/python-tests.sh [PYTEST ARGUMENTS]
#   scripts/python-tests.sh --long      200 seeds of faults instead of 20 (REGISTRY_TEST_FAULT_SEEDS), and the tests of the
#                                       client's behaviour once more with each other Python from 3.9 to 3.13 that is found
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
needed=(ensurepip pip setuptools wheel pytest mypy numpy sklearn joblib cloudpickle onnx)
# Python 3.9 and 3.10 need these for pytest.
if [[ ${1:-} == --long ]]; then needed+=(exceptiongroup tomli); fi
missing=()
for module in "${needed[@]}"; do has "$module" || missing+=("$module"); done

install_packages() {
  echo "Installing $* …"
  install() { apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1; }
  install "$@" || { apt-get update >/dev/null 2>&1 && install "$@"; } || die "apt can't install $*"
}

if [[ ${#missing[@]} -gt 0 && $python == /usr/bin/python3 && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  packages=("${missing[@]/#/python3-}")
  packages=("${packages[@]/python3-ensurepip/python3-venv}")
  install_packages "${packages[@]}"
  missing=()
fi
# What the registry runs models in.
if ! command -v bwrap >/dev/null && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then install_packages bubblewrap; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

"$python" -m venv --system-site-packages "$work/venv" || die "$python can't make a virtual environment"
if [[ ${#missing[@]} -gt 0 ]]; then
  "$work/venv/bin/pip" --disable-pip-version-check install --quiet "${missing[@]/#sklearn/scikit-learn}" || die "$python lacks ${missing[*]}"
  export REGISTRY_TEST_PYTHON=$work/venv/bin/python
fi

for project in src/OrleansRegistry.Host tests/OrleansRegistry.SampleModelServer; do
  if [[ ! -f $project/bin/Release/net10.0/$(basename "$project").dll ]]; then
    dotnet build "$project" -c Release --nologo -v quiet || die "$project does not build"
  fi
done

wheel=$(scripts/python-wheel.sh "$work/wheel") || die "the wheel does not build"
"$work/venv/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps "$wheel"

passed=0 failed=0

# count NAME: tests, failures, errors or skipped of a run.
count() {
  { grep -o '<testsuite [^>]*' "$work/results.xml" 2>/dev/null || true; } | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"
}

# run_tests INTERPRETER [PYTEST ARGUMENTS]: adds to what has passed and failed.
run_tests() {
  local code=0 bad skipped tests
  rm -f "$work/results.xml"
  (cd tests/python && "$1" -m pytest -q -p no:cacheprovider "--junitxml=$work/results.xml" "${@:2}") || code=$?
  tests=$(count tests) skipped=$(count skipped)
  bad=$(($(count failures) + $(count errors)))
  passed=$((passed + ${tests:-0} - bad - ${skipped:-0}))
  # A run that broke off has no failed test to show, and still has failed.
  if [[ $bad -eq 0 && $code -ne 0 ]]; then bad=1; fi
  failed=$((failed + bad))
}

# Other interpreters have no pytest of their own: they get that of the first one, which is nothing but Python.
borrow_pytest() {
  local module
  mkdir "$work/borrowed"
  for module in pytest _pytest pluggy iniconfig packaging attr attrs exceptiongroup tomli pygments py typing_extensions; do
    module=$("$python" -c "import $module; f = $module.__file__
print(f.removesuffix('/__init__.py'))" 2>/dev/null) || continue
    ln -s "$module" "$work/borrowed/"
  done
}

others() {
  local minor candidate
  for minor in 9 10 11 12 13; do
    for candidate in "python3.$minor" ~/.pyenv/versions/"3.$minor".*/bin/python; do
      if [[ $("$candidate" -c 'import sys; print(sys.version_info.minor)' 2>/dev/null) == "$minor" ]]; then
        "$candidate" -c 'import sys; print(sys.executable)'
        break
      fi
    done
  done
}

export PYTHONDONTWRITEBYTECODE=1
if [[ ${1:-} != --long ]]; then
  run_tests "$work/venv/bin/python" "$@"
else
  shift
  export REGISTRY_TEST_FAULT_SEEDS=${REGISTRY_TEST_FAULT_SEEDS:-200}
  run_tests "$work/venv/bin/python" "$@"
  borrow_pytest
  unset REGISTRY_TEST_FAULT_SEEDS
  for other in $(others); do
    [[ $(realpath "$other") != "$(realpath "$python")" ]] || continue
    echo "== $other"
    # Without what needs further packages: mypy, wheel, numpy, scikit-learn. The registry runs models with the first one.
    PYTHONPATH=$work/borrowed:$PWD/src/OrleansRegistry.Python run_tests "$other" --ignore test_package.py \
      --ignore test_docs.py --ignore test_packages_of_libraries.py --ignore test_deploy.py --deselect test_predictions.py::test_C8_arrays_of_numpy_are_lists "$@"
  done
fi

echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
