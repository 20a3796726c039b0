#!/bin/bash
# Independent peers of our HTTP: curl and nginx before and behind the gateway, the WebSocket library of Python on
# both sides, over TLS too. Installs what Python needs into build/judges if it is missing. Exit status: 0 passed,
# 77 cannot run here (the reason is printed).
#   test/judges/run.sh [pytest arguments]      FAIRWAY_BIN=path
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build
venv=$build/judges/venv
export FAIRWAY_BIN=${FAIRWAY_BIN:-$build/release/fairway}

cannot() { echo "judges: cannot run: $*"; exit 77; }

[ -x "$FAIRWAY_BIN" ] || { echo "judges: no gateway at $FAIRWAY_BIN (./dev build makes it)"; exit 1; }
PATH=$PATH:/usr/sbin
for tool in curl nginx openssl; do
  command -v "$tool" > /dev/null || cannot "$tool is missing"
done
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || cannot "no Python >= 3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || cannot "Python's venv module is missing (Debian: python3-venv)"

mkdir -p "$build/judges"
exec 9> "$build/judges/lock"
flock -w 200 9 || cannot "another run is using $build/judges"
wanted=$(sha256sum < "$here/requirements.lock" | cut -d' ' -f1)
if [ "$(cat "$build/judges/stamp" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || cannot "a Python environment could not be made"
  timeout 300 "$venv/bin/pip" install -q --no-deps --disable-pip-version-check -r "$here/requirements.lock" \
    || cannot "the Python package index is not reachable, or a pinned package is gone"
  echo "$wanted" > "$build/judges/stamp"
fi
cd "$here" && exec timeout --kill-after=10 240 "$venv/bin/python" -m pytest "$@"
