#!/bin/bash
# Python clients against the gateway, with simulated model servers behind it. Installs the clients
# into build/client if they are missing. Exit status: 0 passed, 77 cannot run here (the reason is printed).
#   test/client/run.sh [pytest arguments]      FAIRWAY_BIN=path
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
venv=$build/client/venv
export FAIRWAY_BIN=${FAIRWAY_BIN:-$build/release/fairway}

cannot() { echo "client: cannot run: $*"; exit 77; }

[ -x "$FAIRWAY_BIN" ] || { echo "client: no gateway at $FAIRWAY_BIN (./dev build makes it)"; exit 1; }
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || cannot "no Python >= 3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || cannot "Python's venv module is missing (Debian: python3-venv)"

mkdir -p "$build/client"
exec 9> "$build/client/lock"
flock -w 200 9 || cannot "another run is using $build/client"
wanted=$(sha256sum < "$here/requirements.lock" | cut -d' ' -f1)
if [ "$(cat "$build/client/stamp" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || cannot "a Python environment could not be made"
  timeout 300 "$venv/bin/pip" install -q --no-deps --disable-pip-version-check -r "$here/requirements.lock" \
    || cannot "the Python package index is not reachable, or a pinned package is gone"
  echo "$wanted" > "$build/client/stamp"
fi
cd "$here" && exec timeout --kill-after=10 240 "$venv/bin/python" -m pytest "$@"
