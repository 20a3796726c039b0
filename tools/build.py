#!/usr/bin/env python3
"""tools/build.py [PRESET] [TARGET...]: configures and builds build/PRESET.

The default is release, and there the binary alone; of the other presets everything.

Uses as many compile jobs as the machine has cores and memory for. Prints ninja's own lines.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BYTES_A_JOB = 1.5e9  # the largest translation units (coroutines over Asio) with -g1


def memory_bytes() -> float:
    """What this machine can give now, or the cgroup's limit if that is less."""
    found = float("inf")
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            found = float(line.split()[1]) * 1024
    limit = pathlib.Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and limit.read_text().strip().isdigit():
        found = min(found, float(limit.read_text()))
    return found


def cores() -> int:
    """The cores this process may use: its affinity, or the cgroup's quota if that is less."""
    count = len(os.sched_getaffinity(0))
    quota = pathlib.Path("/sys/fs/cgroup/cpu.max")
    if quota.exists():
        share, period = quota.read_text().split()
        if share.isdigit():
            count = min(count, max(1, round(int(share) / int(period))))
    return count


def jobs() -> int:
    return int(max(1, min(cores(), memory_bytes() // BYTES_A_JOB)))


def environment() -> dict[str, str]:
    """The caller's, with a ccache whose hits survive another checkout of the same text."""
    env = dict(os.environ)
    env.setdefault("CCACHE_BASEDIR", str(ROOT))
    env.setdefault("CCACHE_NOHASHDIR", "1")
    env.setdefault("CMAKE_COLOR_DIAGNOSTICS", "ON" if sys.stdout.isatty() else "OFF")
    return env


def folder(preset: str) -> pathlib.Path:
    return ROOT / "build" / preset


def configure(preset: str) -> None:
    """Ninja runs CMake again by itself when a CMake file changes, but does not know the presets file."""
    done = folder(preset) / "configured"
    presets = ROOT / "CMakePresets.json"
    ready = done.exists() and (folder(preset) / "build.ninja").exists()
    if ready and done.stat().st_mtime >= presets.stat().st_mtime:
        return
    command = ["cmake", "--preset", preset, "--log-level=WARNING"]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True)
    done.touch()


def build(preset: str, targets: list[str]) -> None:
    configure(preset)
    if preset == "release" and not targets:
        targets = ["fairway"]  # its tests run in the other presets; ninja -C build/release builds them
    command = ["ninja", "-C", str(folder(preset)), f"-j{jobs()}", *targets]
    subprocess.run(command, env=environment(), check=True)


def main(arguments: list[str]) -> int:
    preset = arguments[0] if arguments else "release"
    try:
        build(preset, arguments[1:])
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    if preset == "release" and not arguments[1:]:
        print("built build/release/fairway")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
