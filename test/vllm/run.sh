#!/bin/bash
# The real-vLLM tests: installs vLLM for CPU if it is missing, starts two servers and the gateway, tests, stops
# all of it. Exit status: 0 passed, 77 cannot run here (the reason is printed), anything else failed.
#   test/vllm/run.sh [pytest arguments]      FAIRWAY_BIN=path   FAIRWAY_VLLM_ROOT=folder
#   test/vllm/run.sh --direct                the API tests against a vLLM server itself, without a gateway
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${FAIRWAY_VLLM_ROOT:-$here/../../build/vllm}
export FAIRWAY_VLLM_ROOT=$root
export FAIRWAY_BIN=${FAIRWAY_BIN:-$here/../../build/release/fairway}

cannot() { echo "vllm: cannot run: $*"; exit 77; }

if [ "${1:-}" = --direct ]; then
  shift
  export FAIRWAY_VLLM_DIRECT=1
else
  [ -x "$FAIRWAY_BIN" ] || { echo "vllm: no gateway at $FAIRWAY_BIN (./dev build makes it)"; exit 1; }
fi
[ "$(uname -m)" = x86_64 ] || cannot "the pinned packages are for x86_64, this is $(uname -m)"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || cannot "no Python >= 3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || cannot "Python's venv module is missing (Debian: python3-venv)"
memory_mb=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
[ "$memory_mb" -ge 4000 ] || cannot "$memory_mb MB of memory are free, two servers need 4000"
mkdir -p "$root"
if [ ! -e "$root/venv.stamp" ]; then
  disk_mb=$(df -Pm "$root" | awk 'NR == 2 { print $4 }')
  [ "$disk_mb" -ge 8000 ] || cannot "$disk_mb MB of disk are free at $root, vLLM needs 8000"
  "$python" -m pip download -q --no-deps --disable-pip-version-check -d "$root/reach" iniconfig==2.3.1 \
    >/dev/null 2>&1 || cannot "the Python package index is not reachable"
  rm -rf "$root/reach"
fi

exec 9> "$root/lock"
flock -w 600 9 || cannot "another run is using $root"
timeout 900 "$here/install.sh" || { echo "vllm: the installation failed"; exit 1; }
# pytest ends its servers when it is told to stop; their nursery kills them should pytest itself be killed.
cd "$here" && exec timeout --kill-after=30 900 "$root/venv/bin/python" -m pytest "$@"
